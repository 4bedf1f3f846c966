import { checksum, Lanes, sendBlob, sleep, UploadClaims, UploadQueue, whenOnline } from "@broker/client";
import type { PageBroker } from "../shared/page-broker.ts";

/** Make the queue of a page that sends what people choose in it. */
export function createQueue(broker: PageBroker): UploadQueue {
  return new UploadQueue({
    broker,
    checksum,
    send: sendBlob,
    timer: { now: Date.now, sleep, random: Math.random, online: whenOnline },
    claims: new UploadClaims(),
    lanes: new Lanes(),
  });
}
