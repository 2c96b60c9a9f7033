// Where somebody goes and what they press, for what measures it: the budgets here and the benchmark.
import type { Locator } from 'playwright-core';
import type { Page, Registered } from './browser.ts';

const home = ({ organization }: Registered): string => `/o/${organization.id}`;

/** Pages with their paths and headings. */
export const PAGES = (person: Registered): readonly (readonly [what: string, path: string, title: string])[] => [
  ['the sign-in', '/sign-in', 'Sign in'],
  ['members', `${home(person)}/members`, 'Members'],
  ['the list of keys', `${home(person)}/keys`, 'API keys'],
  ['a key with its charts', `${home(person)}/keys/${person.apiKey.id}`, 'Default API Key'],
  ['an operation in the reference', '/docs/createApiKey', 'Issues an API key'],
];

/** A key, or the place to click at. */
export type Step = readonly [what: string, on: string | ((page: Page) => Locator)];

const MEMBERS: readonly Step[] = [
  ['a menu opens', (page) => page.getByRole('button', { name: /Organization:/ })],
  ['an arrow moves in it', 'ArrowDown'],
  ['Escape closes it', 'Escape'],
  ['a dialog opens', (page) => page.getByRole('button', { name: 'Invite', exact: true })],
  ['a letter is typed', 'a'],
  ['Escape closes it too', 'Escape'],
  ['another page', (page) => page.getByRole('link', { name: 'Plan' })],
  ['and back', (page) => page.getByRole('link', { name: 'Members' })],
];

const KEYS: readonly Step[] = [
  ['the menu of a key opens', (page) => page.getByRole('button', { name: 'Actions for Default API Key' })],
  ['Escape closes it', 'Escape'],
  ['a dialog opens', (page) => page.getByRole('button', { name: 'Create key' })],
  ['a letter is typed', 'a'],
  ['something unfolds in it', (page) => page.getByText('Restrictions')],
  ['Escape closes it too', 'Escape'],
  ['rows are sorted', (page) => page.getByRole('button', { name: 'Name' })],
  ['a key is opened', (page) => page.getByRole('link', { name: 'Default API Key' })],
  ['another time is chosen', (page) => page.getByText('30 days', { exact: true })],
  ['and back', (page) => page.getByRole('navigation').getByRole('link', { name: 'API keys' })],
];

const REFERENCE: readonly Step[] = [
  ['the search is chosen', (page) => page.getByRole('searchbox')],
  ['its first letter', 'k'],
  ['another one', 'e'],
  ['it is taken back', 'Backspace'],
  ['and the other', 'Backspace'],
  ['a group is opened', (page) => page.getByRole('button', { name: /^API keys/ })],
  ['an operation is chosen', (page) => page.getByRole('link', { name: /Issues an API key$/ })],
  ['a schema is unfolded', (page) => page.getByText('2 fields of credits').first()],
  ['another sample is chosen', (page) => page.getByRole('tab', { name: 'TypeScript' })],
  ['trying it is chosen', (page) => page.getByRole('tab', { name: 'Try it' })],
  ['another operation is chosen', (page) => page.getByRole('link', { name: /Changes an API key$/ })],
  ['the group is closed', (page) => page.getByRole('button', { name: /^API keys/ })],
  ['back to the introduction', (page) => page.getByRole('link', { name: 'Introduction' })],
];

/** Where it begins, and what is pressed there, one after the other: the last leads back, for another round. */
export const places = (person: Registered): readonly { where: string; path: string; begun: (page: Page) => Locator; steps: readonly Step[] }[] => [
  { where: 'members', path: `${home(person)}/members`, begun: (page) => page.getByRole('row').filter({ hasText: person.email }), steps: MEMBERS },
  { where: 'keys', path: `${home(person)}/keys`, begun: (page) => page.getByRole('row').filter({ hasText: 'Default API Key' }), steps: KEYS },
  { where: 'the reference', path: '/docs', begun: (page) => page.getByRole('searchbox'), steps: REFERENCE },
];

/** Brings the pointer there, and gives what does it, without anything else that would count. */
export async function ready(page: Page, on: Step[1]): Promise<() => Promise<void>> {
  if (typeof on === 'string') return () => page.keyboard.press(on);
  const place = on(page);
  await place.waitFor();
  await place.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await place.boundingBox())!;
  await page.mouse.move(x + width / 2, y + height / 2);
  return () => page.mouse.click(x + width / 2, y + height / 2);
}
