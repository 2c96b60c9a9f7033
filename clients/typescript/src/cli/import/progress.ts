// How far it is, on a terminal: a bar, and when it will be done.
const WIDTH = 30;
const PAUSE_MS = 100;

export interface Progress {
  /** So many records, and this share of the file. */
  at: (records: number, share: number) => void;
  end: () => void;
}

export function time(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours} h ${minutes} min` : minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

/** A line: the bar, how many, how fast, how long still. What was done by an earlier run tells nothing about the speed. */
export function line(records: number, share: number, first: { records: number; share: number }, elapsedMs: number): string {
  const full = Math.floor(Math.min(1, share) * WIDTH);
  const [seconds, made, gained] = [elapsedMs / 1000, records - first.records, share - first.share];
  const rate = seconds > 0 ? Math.round(made / seconds) : 0;
  const left = gained > 0 && made > 0 ? `, ${time((seconds * (1 - share)) / gained)} left` : '';
  return `[${'#'.repeat(full)}${'-'.repeat(WIDTH - full)}] ${Math.floor(share * 100)} %  ${records.toLocaleString('en')} keys, ${rate.toLocaleString('en')}/s${left}`;
}

export function progress(stream: { isTTY?: boolean; columns?: number; write: (text: string) => unknown }, first: { records: number; share: number }): Progress {
  if (!stream.isTTY) return { at: () => {}, end: () => {} };
  const began = performance.now();
  let [last, drawn] = [-Infinity, ''];
  const draw = (text: string) => {
    drawn = text.slice(0, Math.max(20, (stream.columns ?? 80) - 1));
    stream.write(`\r\u001b[K${drawn}`);
  };
  return {
    at: (records, share) => {
      const now = performance.now();
      if (now - last < PAUSE_MS && share < 1) return;
      last = now;
      draw(line(records, share, first, now - began));
    },
    end: () => void (drawn !== '' && stream.write('\n')),
  };
}
