// A state in a word. The colour only repeats what the word says.
export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'neutral';

export function Pill({ tone = 'neutral', children, plain }: { tone?: Tone; children: string; plain?: boolean }) {
  return <span class={`pill ${tone} ${plain ? 'plain' : ''}`}>{children}</span>;
}

/** production, staging, development, or none. */
export function Environment({ environment }: { environment: string | null }) {
  const tone: Tone = environment === 'production' ? 'info' : environment === 'staging' ? 'warn' : 'neutral';
  return <Pill tone={tone} plain>{environment ?? 'no environment'}</Pill>;
}
