// A resolver of the DNS in a process of its own: it answers DNS over HTTPS (RFC 8484) from a zone that its parent changes,
// in messages. Forked by `resolver.ts`.
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import packet from 'dns-packet';

/** What the parent says: texts under a name, none if there is to be nothing; or that it is to answer no question any more. */
export interface Order {
  number: number;
  name?: string;
  texts?: string[];
  /** Where the name leads instead. */
  alias?: string;
  failing?: boolean;
}

const texts = new Map<string, string[]>();
const aliases = new Map<string, string>();
let failing = false;

const NOERROR = 0;
const SERVFAIL = 2;
const NXDOMAIN = 3;

function answer(query: packet.Packet): Buffer {
  const question = query.questions?.[0];
  const name = question?.name.toLowerCase() ?? '';
  const answers: packet.Answer[] = [];
  let owner = name;
  for (let next = aliases.get(owner); next; next = aliases.get(owner)) {
    answers.push({ type: 'CNAME', class: 'IN', ttl: 60, name: owner, data: next });
    owner = next;
  }
  for (const text of texts.get(owner) ?? []) answers.push({ type: 'TXT', class: 'IN', ttl: 60, name: owner, data: [text] });
  const rcode = failing ? SERVFAIL : answers.length > 0 ? NOERROR : NXDOMAIN;
  const flags = packet.RECURSION_DESIRED | packet.RECURSION_AVAILABLE | rcode;
  return packet.encode({ type: 'response', id: query.id, flags, questions: query.questions, answers: failing ? [] : answers });
}

const server = createServer((request, response) => {
  const asked = new URL(request.url!, 'http://resolver').searchParams.get('dns');
  if (request.method !== 'GET' || request.headers.accept !== 'application/dns-message' || !asked) return response.writeHead(400).end();
  const query = packet.decode(Buffer.from(asked, 'base64url'));
  process.send!({ asked: query.questions?.[0] });
  return response.writeHead(200, { 'content-type': 'application/dns-message' }).end(answer(query));
});

process.on('message', ({ number, ...order }: Order) => {
  if (order.failing !== undefined) failing = order.failing;
  if (order.name !== undefined) {
    texts.delete(order.name);
    aliases.delete(order.name);
    if (order.texts) texts.set(order.name, order.texts);
    if (order.alias) aliases.set(order.name, order.alias);
  }
  process.send!({ done: number });
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send!({ port: (server.address() as AddressInfo).port }));
