// The first organization of an empty store, and the lines that a person pastes to try the service.
import { operatorTokenFile } from './secrets.mjs';
import { bold, dim } from './steps.mjs';

/**
 * @param {string} url
 * @param {string | null} operatorToken
 * @returns {Promise<{ key: string | null, reason?: string }>} the demo key, or null when the store is not empty
 */
export async function demoOrganization(url, operatorToken) {
  if (!operatorToken) return { key: null, reason: 'no operator token that .dev.vars accepts' };
  const headers = { authorization: `Bearer ${operatorToken}`, 'content-type': 'application/json' };
  const organizations = `${url}/operator/organizations`;
  const listed = await fetch(organizations, { headers });
  if (!listed.ok) return { key: null, reason: `GET /operator/organizations answered ${listed.status}` };
  const { data } = /** @type {any} */ (await listed.json());
  if (data.length > 0) return { key: null };
  const created = await fetch(organizations, { method: 'POST', headers, body: JSON.stringify({ name: 'Demo organization' }) });
  if (created.status !== 201) return { key: null, reason: `POST /operator/organizations answered ${created.status}: ${await created.text()}` };
  const { apiKey } = /** @type {any} */ (await created.json());
  return { key: apiKey.key };
}

/** Waits until the worker answers. @param {string} url @param {() => boolean} gone */
export async function answering(url, gone) {
  for (const end = Date.now() + 120_000; Date.now() < end && !gone(); ) {
    const answer = await fetch(`${url}/healthz`).catch(() => null);
    if (answer) return answer.status;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return null;
}

/** @param {string} url @param {string | null} key @param {boolean} open whether anybody may register */
export function tour(url, key, open) {
  const auth = `-H "Authorization: Bearer $LATCHKEY_KEY"`;
  const json = `-H 'content-type: application/json'`;
  // Node is there by now; jq may not be.
  const field = (/** @type {string} */ name, from = 'CREATED') => `$(printf %s "$${from}" | node -pe 'JSON.parse(fs.readFileSync(0)).${name}')`;
  const people = [
    '',
    dim('  # people: register, which signs you in, and create a key with the access token'),
    `  EMAIL=ada-$(node -p 'crypto.randomUUID()')@example.com; PASSWORD=$(node -p 'crypto.randomUUID()')`,
    `  PERSON=$(curl -s "$LATCHKEY_URL/auth/register" ${json} -d '{"email":"'"$EMAIL"'","password":"'"$PASSWORD"'","firstName":"Ada","lastName":"Lovelace"}')`,
    `  TOKEN=${field('accessToken', 'PERSON')}; ORGANIZATION=${field('organization.id', 'PERSON')}`,
    `  curl -s "$LATCHKEY_URL/organizations/$ORGANIZATION/api_keys" -H "Authorization: Bearer $TOKEN" ${json} -d '{"name":"Mine"}'; echo`,
  ];
  return [
    bold('Try it') + dim('  (paste into another terminal, as often as you like)'),
    '',
    `  export LATCHKEY_URL=${url}`,
    key ? `  export LATCHKEY_KEY=${key}` : `  : "\${LATCHKEY_KEY:?set it to a key that you kept, or to that of a new organization: the last line below makes one}"`,
    '',
    dim('  # create a key, and remember its id and its plaintext'),
    `  CREATED=$(curl -s "$LATCHKEY_URL/v1/api_keys" ${auth} ${json} -d '{"name":"From the terminal"}'); echo "$CREATED"`,
    `  NEW_ID=${field('id')}; NEW_KEY=${field('key')}`,
    '',
    dim('  # verify it'),
    `  curl -s "$LATCHKEY_URL/v1/keys/verify" ${auth} ${json} -d '{"key":"'"$NEW_KEY"'"}'; echo`,
    '',
    dim('  # revoke it; verified again it is REVOKED'),
    `  curl -s -X DELETE "$LATCHKEY_URL/v1/api_keys/$NEW_ID" ${auth}; echo`,
    '',
    dim('  # a new organization, with a key of its own'),
    `  curl -s "$LATCHKEY_URL/operator/organizations" -H "Authorization: Bearer $(cat '${operatorTokenFile}')" ${json} -d '{"name":"Another organization"}'; echo`,
    ...(open ? people : []),
    '',
  ].join('\n');
}
