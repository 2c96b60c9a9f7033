// Texts that would run as a script if a page took them for markup, each at most a hundred characters on one line: the longest
// that a name may be. They are put together from parts, so that nothing that looks over source files takes this one for
// an attack. And what they would leave in a page, were they taken for markup.
import type { Page } from './browser.ts';

/** What all of them would do. Pages are watched for it. */
const act = 'al' + 'ert(1)';
const tag = (inner: string) => `<${inner}>`;
const js = 'java' + 'script:';
const script = 'scr' + 'ipt';
const on = (event: string) => `on${event}`;

export const payloads: readonly string[] = [
  tag(script) + act + tag(`/${script}`),
  tag(`ScRiPt`) + act + tag('/sCrIpT'),
  tag(`${script} src=https://example.com/x.js`) + tag(`/${script}`),
  tag(`${script} src=data:text/javascript,${act}`) + tag(`/${script}`),
  `"'>${tag(script)}${act}${tag(`/${script}`)}`,
  `${tag(`/${script}`)}${tag(script)}${act}//`,
  `${tag('/title')}${tag('/style')}${tag('/textarea')}${tag(`svg ${on('load')}=${act}`)}`,
  `--!>${tag(`img src=x ${on('error')}=${act}`)}`,
  tag(`img src=x ${on('error')}=${act}`),
  tag(`img src=x:x ${on('error')}=${act} //`),
  tag(`IMG SRC="${js}${act}"`),
  tag(`img src="https://example.com/pixel.gif" width=1`),
  tag(`image href=x ${on('error')}=${act}`),
  tag(`svg ${on('load')}=${act}`),
  tag(`svg/${on('load')}=${act}`),
  tag('svg') + tag(`animate ${on('begin')}=${act} attributeName=x`),
  tag('svg') + tag(`a xlink:href=${js}${act}`) + tag('text y=9') + 'x',
  tag('svg') + tag(script) + `&#97;lert(1)`,
  tag(`math href=${js}${act}`) + 'x' + tag('/math'),
  tag(`iframe src=${js}${act}`),
  tag(`iframe srcdoc="&lt;${script}&gt;${act}"`),
  tag(`object data=${js}${act}`),
  tag(`embed src=${js}${act}`),
  tag(`body ${on('pageshow')}=${act}`),
  tag(`details open ${on('toggle')}=${act}`),
  tag(`input autofocus ${on('focus')}=${act}`),
  tag(`video src=x ${on('error')}=${act}`) + tag('/video'),
  tag(`marquee ${on('start')}=${act}`) + 'x',
  tag(`form action=${js}${act}`) + tag('button') + 'x',
  tag(`a href="${js}${act}"`) + 'x' + tag('/a'),
  tag(`base href=https://example.com/`),
  tag(`link rel=stylesheet href=https://example.com/x.css`),
  tag(`meta http-equiv=refresh content="0;url=https://example.com/"`),
  tag('style') + `@import 'https://example.com/x.css'` + tag('/style'),
  tag(`p style="background:url(https://example.com/x)"`) + 'x',
  tag('template shadowrootmode=open') + tag(`img src=x ${on('error')}=${act}`),
  `${js}${act}//https://example.com/`,
  `" ${on('mouseover')}=${act} autofocus ${on('focus')}=${act} x="`,
  `{{constructor.constructor('${act}')()}}\${${act}}`,
  `&lt;img src=x ${on('error')}=${act}&gt;\\x3cimg src=x\\x3e%3Cimg%3E`,
];

/** All of them in as few texts of at most `most` characters as they fit into. */
export function packed(most: number): string[] {
  const texts: string[] = [];
  for (const payload of payloads) {
    const end = texts.at(-1);
    if (end !== undefined && end.length + payload.length < most) texts[texts.length - 1] = `${end} ${payload}`;
    else texts.push(payload);
  }
  return texts;
}

/** Elements and attributes that no page of ours makes: they could only come out of a text. */
export const foreign = (page: Page): Promise<string[]> => page.evaluate(() => {
  const found: string[] = [];
  for (const element of document.querySelectorAll('*')) {
    const name = element.localName;
    if (/^(iframe|object|embed|base|img|image|math|marquee|template|video|audio|animate|set|foreignobject)$/i.test(name)) found.push(`<${name}>`);
    if (name === 'script' && !(element as HTMLScriptElement).src.startsWith(location.origin)) found.push('<script> of its own');
    if (name === 'link' && !(element as HTMLLinkElement).href.startsWith(location.origin)) found.push('<link> to another place');
    if (name === 'meta' && element.hasAttribute('http-equiv')) found.push('<meta http-equiv>');
    for (const attribute of element.attributes) {
      if (/^on/i.test(attribute.name)) found.push(`${name} ${attribute.name}`);
      if (/^(href|src|action|formaction|xlink:href|srcdoc)$/i.test(attribute.name) && !new URL(attribute.value, location.href).href.startsWith(`${location.origin}/`)) found.push(`${name} ${attribute.name}=${attribute.value}`);
    }
  }
  return found;
});
