// A link that was made for somebody, shown this once. Where the deployment does not know its own address, it is this one.
import { Copy } from './Copy.tsx';

export function LinkOnce({ path, link }: { path: string; link: { token: string; url: string | null } }) {
  const url = link.url ?? `${location.origin}${path}#token=${link.token}`;
  return (
    <div class="secret">
      <code class="secret-value clip">{url}</code>
      <Copy text={url} label="Copy link" wide look="primary" autofocus />
    </div>
  );
}
