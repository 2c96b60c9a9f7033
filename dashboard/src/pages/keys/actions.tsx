// What can be done with a key: the entries of its menu, and the dialogs behind them. The list and the key's page share it.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { api, ask } from '../../api/client.ts';
import { here, may } from '../../state/organization.ts';
import { done, failed } from '../../state/toasts.ts';
import type { MenuItem } from '../../ui/Menu.tsx';
import { EditDialog } from './edit.tsx';
import { EvidenceDialog } from './evidence.tsx';
import { RotateDialog } from './rotate.tsx';
import { DisableDialog, RevokeDialog } from './revoke.tsx';
import type { Key } from './words.tsx';

type What = 'edit' | 'rotate' | 'disable' | 'revoke' | 'evidence';

export interface KeyActions {
  items: (key: Key) => MenuItem[];
  open: (what: What, key: Key) => void;
  enable: (key: Key) => void;
  dialogs: ComponentChildren;
}

/** Whether a key can be replaced: not what has ended, nor what was replaced already. */
export const canRotate = ({ status, rotatedTo }: Key): boolean => status !== 'revoked' && status !== 'expired' && rotatedTo === null && may('rotateApiKey');

export function useKeyActions({ onChanged, onIssued }: { onChanged: (key: Key) => void; onIssued: () => void }): KeyActions {
  const [asked, setAsked] = useState<{ what: What; key: Key }>();
  const close = () => setAsked(undefined);
  const open = (what: What, key: Key) => setAsked({ what, key });
  const enable = (key: Key) => {
    // Shown at once: it takes nothing away, and comes back if the service says no.
    onChanged({ ...key, status: 'active', active: true });
    ask(api.PATCH('/organizations/{organizationId}/api_keys/{id}', { params: { path: { ...here(), id: key.id } }, body: { active: true } })).then(
      (changed) => {
        onChanged(changed);
        done(`${changed.name} is enabled.`);
      },
      (error: unknown) => {
        onChanged(key);
        failed(error);
      },
    );
  };
  const items = (key: Key): MenuItem[] => {
    const change = may('changeApiKey') && key.status !== 'revoked';
    return [
      ...(change ? [{ label: 'Edit', icon: 'keys' as const, act: () => open('edit', key) }] : []),
      ...(canRotate(key) ? [{ label: 'Rotate', icon: 'refresh' as const, act: () => open('rotate', key) }] : []),
      ...(change && (key.status === 'active' || key.status === 'pending') ? [{ label: 'Disable', icon: 'hidden' as const, act: () => open('disable', key) }] : []),
      ...(change && key.status === 'disabled' ? [{ label: 'Enable', icon: 'check' as const, act: () => enable(key) }] : []),
      { label: 'Who still uses it?', icon: 'members', act: () => open('evidence', key) },
      ...(may('revokeApiKey') && key.status !== 'revoked' ? [{ label: 'Revoke', icon: 'trash' as const, danger: true, apart: true, act: () => open('revoke', key) }] : []),
    ];
  };
  const key = asked?.key;
  const dialogs = key && (
    <>
      {asked.what === 'edit' && <EditDialog apiKey={key} onClose={close} onChanged={onChanged} />}
      {asked.what === 'rotate' && <RotateDialog apiKey={key} onClose={close} onIssued={onIssued} />}
      {asked.what === 'disable' && <DisableDialog apiKey={key} onClose={close} onChanged={onChanged} />}
      {asked.what === 'revoke' && <RevokeDialog apiKey={key} onClose={close} onChanged={onChanged} />}
      {asked.what === 'evidence' && <EvidenceDialog apiKey={key} onClose={close} onRevoke={may('revokeApiKey') && key.status !== 'revoked' ? () => open('revoke', key) : undefined} />}
    </>
  );
  return { items, open, enable, dialogs };
}
