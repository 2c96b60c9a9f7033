// The secrets of a deployment: made at random, kept out of git. And what `npm start` sets besides.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { home, sha256, shown } from './env.mjs';
import { bold } from './steps.mjs';

export const newRootSecret = () => randomBytes(32).toString('hex');
export const newOperatorToken = () => `operator_${randomBytes(32).toString('base64url')}`;
export const newSetupToken = () => `setup_${randomBytes(32).toString('base64url')}`;

/**
 * What a deployment lacks and may be given now. Of the tokens it is told only the SHA-256; they are shown, once.
 * @param {(name: string) => boolean} has what the deployment has
 * @param {(question: string) => Promise<boolean>} yes
 * @param {(text: string) => void} say
 * @returns {Promise<Record<string, string>>} what is to be uploaded
 */
export async function offeredSecrets(has, yes, say) {
  /** @type {Record<string, string>} */
  const secrets = {};
  if (!has('ROOT_SECRETS') && (await yes('The deployment has no ROOT_SECRETS. Generate one now?'))) {
    secrets.ROOT_SECRETS = newRootSecret();
    say(`  ROOT_SECRETS=${bold(secrets.ROOT_SECRETS)}\n  Keep a copy in a safe place, now: it cannot be read back, and without it no key can ever be verified again.`);
  }
  if (!has('OPERATOR_TOKEN_SHA256') && (await yes('The deployment has no operator token, which creates organizations. Generate one now?'))) {
    const token = newOperatorToken();
    secrets.OPERATOR_TOKEN_SHA256 = sha256(token);
    say(`  Operator token, shown this once: ${bold(token)}`);
  }
  if (!has('SETUP_TOKEN_SHA256') && (await yes('The deployment has no setup token, which creates the first account, once. Generate one now?'))) {
    const token = newSetupToken();
    secrets.SETUP_TOKEN_SHA256 = sha256(token);
    say(`  Setup token, shown this once: ${bold(token)}\n  Send it as "setupToken" to POST /auth/register: it works while there is no account.`);
  }
  return secrets;
}

/** The plaintext stays with whoever operates this machine; the worker is told only its SHA-256. */
export const operatorTokenFile = join(home, '.operator-token');
export const devVars = join(home, '.dev.vars');

/**
 * On your own machine you register without being invited, choose your plan yourself, and send webhooks to yourself; a
 * deployment is closed.
 */
const forPeople = ['REGISTRATION="open"', 'PLAN_CHANGES="owner"'];
const localSettings = [...forPeople, 'ALLOW_LOOPBACK_WEBHOOKS="true"', 'LOG_REQUESTS="none"'];

/**
 * Why a deployment with these arguments must not be: webhooks to the machine that it runs on are for your own only.
 * @param {string[]} args what is passed to wrangler
 * @param {string} config the text of wrangler.toml
 * @returns {string | null}
 */
export function undeployable(args, config) {
  const inArgs = args.some((arg) => arg.includes('ALLOW_LOOPBACK_WEBHOOKS'));
  const inConfig = config.split('\n').some((line) => /^[^#]*ALLOW_LOOPBACK_WEBHOOKS/.test(line));
  return inArgs || inConfig ? 'ALLOW_LOOPBACK_WEBHOOKS is for your own machine: take it out of wrangler.toml and of the arguments. Nothing was deployed.' : null;
}

/**
 * Writes .dev.vars and .operator-token where they are missing. A .dev.vars that is there is the user's: never changed.
 * @returns {{ written: boolean, operatorToken: string | null, open: boolean, advice: string | null }}
 *   `open`: whether anybody may register; `advice`: what the user's own .dev.vars lacks
 */
export function localSecrets() {
  if (existsSync(devVars)) return { written: false, operatorToken: matchingToken(), ...registration() };
  const operatorToken = savedToken() ?? newOperatorToken();
  writeFileSync(operatorTokenFile, `${operatorToken}\n`, { mode: 0o600 });
  writeFileSync(devVars, [
    '# Written by `npm start` with random values. Git ignores this file; .dev.vars.example explains it.',
    `ROOT_SECRETS="${newRootSecret()}"`,
    `OPERATOR_TOKEN_SHA256="${sha256(operatorToken)}"`,
    ...localSettings,
    '',
  ].join('\n'), { mode: 0o600 });
  return { written: true, operatorToken, open: true, advice: null };
}

/** What the user's own .dev.vars says about registering. */
function registration() {
  const [, word] = /^\s*(?:export\s+)?REGISTRATION\s*=\s*["']?(\w*)/m.exec(readFileSync(devVars, 'utf8')) ?? [];
  const advice = word === undefined ? `To register people here, add to ${shown(devVars)}: ${forPeople.join(' and ')}` : null;
  return { open: word === 'open', advice };
}

function savedToken() {
  return existsSync(operatorTokenFile) ? readFileSync(operatorTokenFile, 'utf8').trim() : null;
}

/** A token that the configured hash no longer knows would only earn a 401. */
function matchingToken() {
  const token = savedToken();
  return token && readFileSync(devVars, 'utf8').toLowerCase().includes(sha256(token)) ? token : null;
}
