// The secrets of a deployment: made at random, kept out of git.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { home, sha256 } from './env.mjs';

export const newRootSecret = () => randomBytes(32).toString('hex');
export const newOperatorToken = () => `operator_${randomBytes(32).toString('base64url')}`;

/** The plaintext stays with whoever operates this machine; the worker is told only its SHA-256. */
export const operatorTokenFile = join(home, '.operator-token');
export const devVars = join(home, '.dev.vars');

/**
 * Writes .dev.vars and .operator-token where they are missing. A .dev.vars that is there is the user's: never changed.
 * @returns {{ written: boolean, operatorToken: string | null }}
 */
export function localSecrets() {
  if (existsSync(devVars)) return { written: false, operatorToken: matchingToken() };
  const operatorToken = savedToken() ?? newOperatorToken();
  writeFileSync(operatorTokenFile, `${operatorToken}\n`, { mode: 0o600 });
  writeFileSync(devVars, [
    '# Written by `npm start` with random values. Git ignores this file; .dev.vars.example explains it.',
    `ROOT_SECRETS="${newRootSecret()}"`,
    `OPERATOR_TOKEN_SHA256="${sha256(operatorToken)}"`,
    '',
  ].join('\n'), { mode: 0o600 });
  return { written: true, operatorToken };
}

function savedToken() {
  return existsSync(operatorTokenFile) ? readFileSync(operatorTokenFile, 'utf8').trim() : null;
}

/** A token that the configured hash no longer knows would only earn a 401. */
function matchingToken() {
  const token = savedToken();
  return token && readFileSync(devVars, 'utf8').toLowerCase().includes(sha256(token)) ? token : null;
}
