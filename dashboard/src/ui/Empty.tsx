// Nothing is here yet: what would be, why one wants it, and the next step.
import type { ComponentChildren } from 'preact';
import { Code } from './Copy.tsx';
import { Icon, type IconName } from './Icon.tsx';

export function Empty({ icon, title, children, action, curl }: { icon: IconName; title: string; children?: ComponentChildren; action?: ComponentChildren; curl?: string }) {
  return (
    <div class="empty">
      <span class="empty-icon"><Icon name={icon} size={22} /></span>
      <h2>{title}</h2>
      {children && <div class="empty-text">{children}</div>}
      {action && <div class="empty-action">{action}</div>}
      {curl && (
        <div class="empty-curl">
          <p>or from a terminal</p>
          <Code text={curl} label="Copy the command" />
        </div>
      )}
    </div>
  );
}
