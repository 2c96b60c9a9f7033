// The corner where short messages appear; a live region, so they are read out.
import { dismiss, toasts } from '../state/toasts.ts';
import { IconButton } from './Button.tsx';
import { Copy } from './Copy.tsx';
import { Icon } from './Icon.tsx';

const ICONS = { good: 'check', bad: 'warn', info: 'info' } as const;

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite" aria-relevant="additions">
      {toasts.value.map(({ id, tone, text, requestId }) => (
        <div key={id} class={`toast ${tone}`}>
          <Icon name={ICONS[tone]} />
          <div class="grow">
            <p>{text}</p>
            {requestId && <p class="request">Request <code>{requestId}</code> <Copy text={requestId} label="Copy the id of the request" /></p>}
          </div>
          <IconButton icon="close" label="Dismiss" size={14} onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
