// A reporter for node's test runner that writes nothing but the final counts, for the table of `npm test`.
/** @param {AsyncIterable<{ type: string, data: any }>} events */
export default async function* countReporter(events) {
  for await (const { type, data } of events) {
    // Each file has a summary of its own; the one without a file is the run's.
    if (type === 'test:summary' && !data.file) yield JSON.stringify(data.counts);
  }
}
