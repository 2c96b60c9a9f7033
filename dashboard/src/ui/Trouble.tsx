// Something went wrong: what, which request it was, and trying again.
import type { Problem } from '../api/problem.ts';
import { Button } from './Button.tsx';
import { Copy } from './Copy.tsx';
import { Icon } from './Icon.tsx';

export function Trouble({ problem, text, again }: { problem: Problem; text?: string | undefined; again?: (() => void) | undefined }) {
  const wait = problem.retryAfter !== null ? ` Try again in ${problem.retryAfter} s.` : '';
  return (
    <div class="trouble" role="alert">
      <Icon name="warn" />
      <div class="grow">
        <p>{text ?? problem.message}{wait}</p>
        {problem.requestId && (
          <p class="request">
            Request <code>{problem.requestId}</code> <Copy text={problem.requestId} label="Copy the id of the request" />
          </p>
        )}
      </div>
      {again && <Button small icon="refresh" onClick={again}>Try again</Button>}
    </div>
  );
}
