// What a `User-Agent` is, in words that people know. What is not recognized is shown as it is.
const BROWSERS: [RegExp, string][] = [[/Edg\//, 'Edge'], [/OPR\//, 'Opera'], [/Firefox\//, 'Firefox'], [/HeadlessChrome|Chrome\//, 'Chrome'], [/Safari\//, 'Safari']];
const SYSTEMS: [RegExp, string][] = [[/iPhone/, 'iPhone'], [/iPad/, 'iPad'], [/Android/, 'Android'], [/Windows/, 'Windows'], [/Mac OS X|Macintosh/, 'macOS'], [/CrOS/, 'ChromeOS'], [/Linux|X11/, 'Linux']];

export function device(client: string | null): string {
  if (!client) return 'Unknown device';
  // Only the first 64 characters are kept, and those seldom name the browser.
  const browser = BROWSERS.find(([is]) => is.test(client))?.[1];
  const system = SYSTEMS.find(([is]) => is.test(client))?.[1];
  if (browser && system) return `${browser} on ${system}`;
  if (client.startsWith('Mozilla/') && system) return `Browser on ${system}`;
  return client;
}
