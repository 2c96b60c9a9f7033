// A reporter for node's test runner that writes nothing but the final counts, for the table of `npm test`, and the files in
// which something has failed.
/** @param {AsyncIterable<{ type: string, data: any }>} events */
export default async function* countReporter(events) {
  /** @type {Set<string>} */
  const failed = new Set();
  for await (const { type, data } of events) {
    if (type === 'test:fail' && data.file) failed.add(data.file);
    // Each file has a summary of its own; the one without a file is the run's.
    if (type === 'test:summary' && !data.file) yield JSON.stringify({ ...data.counts, failedFiles: [...failed] });
  }
}
