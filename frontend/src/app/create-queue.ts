import {
  type Broker,
  checksum,
  Lanes,
  sendBlob,
  sleep,
  UploadClaims,
  UploadQueue,
  whenOnline,
} from "@broker/client";

/** Make the queue of a page that sends what people choose in it. */
export function createQueue(broker: Broker): UploadQueue {
  return new UploadQueue({
    broker,
    checksum,
    send: sendBlob,
    timer: { now: Date.now, sleep, random: Math.random, online: whenOnline },
    claims: new UploadClaims(),
    lanes: new Lanes(),
  });
}
