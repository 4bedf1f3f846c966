/**
 * Make a stream of pieces. Not `ReadableStream.from`, which Chromium and Safari lack.
 *
 * @param stop ends the wait for a piece that may never come, once nobody wants it.
 */
export function streamOf(
  pieces: AsyncGenerator<Uint8Array, void>,
  stop = () => {},
): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done === true) {
        controller.close();
      } else {
        controller.enqueue(value);
      }
    },
    async cancel() {
      stop();
      await pieces.return();
    },
  });
}
