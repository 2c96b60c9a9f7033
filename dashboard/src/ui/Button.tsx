// What can be pressed. A link that looks like a button is `LinkButton`; one with an icon only needs a label.
import type { ButtonHTMLAttributes, ComponentChildren } from 'preact';
import { Icon, type IconName } from './Icon.tsx';

type Look = 'primary' | 'plain' | 'quiet' | 'danger';

interface Shown {
  look?: Look;
  icon?: IconName;
  small?: boolean;
  class?: string;
  children?: ComponentChildren;
}

const classes = ({ look = 'plain', small, class: extra = '' }: Shown) => `button ${look} ${small ? 'small' : ''} ${extra}`;

/** What buttons take beside their look. */
type Press = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'class' | 'icon' | 'type' | 'onClick' | 'size' | 'role' | 'ref'> & { onClick?: (event: MouseEvent) => void };

export function Button({ look, icon, small, class: extra, busy = false, children, type = 'button', onClick, ...rest }: Shown & Press & { busy?: boolean; type?: 'button' | 'submit' }) {
  // `aria-disabled` while busy: a button that is taken away loses the focus.
  return (
    <button type={type} class={classes({ look, small, class: extra })} aria-disabled={busy || undefined} aria-busy={busy || undefined} {...rest} onClick={busy ? (event) => event.preventDefault() : onClick}>
      {busy ? <span class="spinner" aria-hidden="true" /> : icon && <Icon name={icon} size={small ? 16 : 18} />}
      {children && <span>{children}</span>}
    </button>
  );
}

export function LinkButton({ look, icon, small, class: extra, children, ...rest }: Shown & { href: string; download?: string | boolean; target?: string; rel?: string }) {
  return (
    <a class={classes({ look, small, class: extra })} {...rest}>
      {icon && <Icon name={icon} size={small ? 16 : 18} />}
      <span>{children}</span>
    </a>
  );
}

export function IconButton({ icon, label, class: extra = '', size = 18, ...rest }: { icon: IconName; label: string; class?: string; size?: number } & Press) {
  return (
    <button type="button" class={`icon-button ${extra}`} aria-label={label} title={label} {...rest}>
      <Icon name={icon} size={size} />
    </button>
  );
}
