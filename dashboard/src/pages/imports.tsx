// Keys of another system: looked at first, then imported in batches that can be stopped and gone on with.
import { useEffect, useRef, useState } from 'preact/hooks';
import { count } from '../state/clock.ts';
import { useForget } from '../state/leave.ts';
import { useSubmit } from '../state/load.ts';
import { at } from '../state/organization.ts';
import { Button, LinkButton } from '../ui/Button.tsx';
import { Facts, Note, PageHead, Panel } from '../ui/Page.tsx';
import { Pill } from '../ui/Pill.tsx';
import { Progress } from '../ui/Progress.tsx';
import { Trouble } from '../ui/Trouble.tsx';
import { blank, jobOf, systemLabel, type Draft } from './imports/draft.ts';
import { ImportForm } from './imports/form.tsx';
import { Arrived, Figures, SkippedPanel } from './imports/report.tsx';
import { Run, type Standing } from './imports/run.ts';
import '../styles/organization.css';

const keys = (number: number): string => `${count(number)} key${number === 1 ? '' : 's'}`;

export default function Imports() {
  const [draft, setDraft] = useState<Draft>(blank);
  /** A dry run that has come to its end, and the import that follows it. */
  const [seen, setSeen] = useState<Run>();
  const [taken, setTaken] = useState<Run>();
  const [standing, setStanding] = useState<Standing>();
  const stopping = useRef<AbortController>(undefined);
  const stop = () => stopping.current?.abort();
  const forget = () => {
    stop();
    setDraft(blank());
    setSeen(undefined);
    setTaken(undefined);
    setStanding(undefined);
  };
  useForget(forget);
  useEffect(() => stop, []);
  const going = async (run: Run) => {
    stopping.current = new AbortController();
    setStanding({ ...run.standing });
    await run.go(stopping.current.signal, setStanding);
  };
  const looking = useSubmit(async () => {
    const run = new Run(jobOf(draft), true);
    await going(run);
    if (run.standing.ended) setSeen(run);
  });
  const importing = useSubmit(async () => {
    const run = taken ?? new Run(seen!.job, false);
    setTaken(run);
    await going(run);
    // What was pasted has served its purpose.
    if (!run.standing.ended) return;
    run.forget();
    setDraft(blank());
  });
  useEffect(() => {
    if (!importing.busy) return;
    const ask = (event: Event) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [importing.busy]);
  const change = () => {
    setSeen(undefined);
    setTaken(undefined);
    setStanding(undefined);
    importing.reset();
  };
  return (
    <>
      <PageHead
        title="Import keys"
        back={{ href: at('keys'), label: 'API keys' }}
        text={<>Keys that another system has issued go on to work: their hashes are enough, and nobody has to be sent a new key. <a href="/docs/importApiKeys">What a record may have</a></>}
      />
      {seen && standing
        ? <Report {...{ seen, taken, standing, importing, change, forget, stop }} />
        : <ImportForm draft={draft} onDraft={(changes) => setDraft((before) => ({ ...before, ...changes }))} looking={looking} standing={standing} onStop={stop} />}
    </>
  );
}

interface ReportProps {
  seen: Run;
  taken: Run | undefined;
  standing: Standing;
  importing: ReturnType<typeof useSubmit>;
  change: () => void;
  forget: () => void;
  stop: () => void;
}

function Report({ seen, taken, standing, importing, change, forget, stop }: ReportProps) {
  const { name, body, from, permissions } = seen.job;
  const phase = !taken ? 'looked' : standing.ended ? 'ended' : importing.busy ? 'importing' : 'stopped';
  const fresh = seen.standing.imported;
  const titles = { looked: `A dry run of ${name}`, importing: `Importing ${name}`, stopped: 'Stopped', ended: 'Imported' };
  const into = body.sessionId ? <a href={at(`sessions/${body.sessionId}`)}><code>{body.sessionId}</code></a> : `The default session of ${body.environment}`;
  return (
    <Arrived key={phase === 'ended' ? 'ended' : 'before'}>
      <Figures standing={standing} dryRun={phase === 'looked'} />
      <Panel title={titles[phase]} text={phase === 'looked' ? 'Nothing has been imported yet.' : undefined}>
        {phase === 'looked' && (
          <Facts
            facts={[
              ['They come from', systemLabel(from)],
              ['Prefix', body.prefix ? <code key="prefix">{body.prefix}</code> : 'None: every unknown text is looked for'],
              ['Belong to', into],
              ['Permissions', permissions.length > 0 ? <span key="permissions" class="pills">{permissions.map((one) => <Pill key={one} plain>{one}</Pill>)}</span> : 'As the file says'],
            ]}
          />
        )}
        {phase === 'looked' && fresh > 0 && seen.standing.records > 500 && <p class="hint">500 keys are looked at together. Where a plan has a limit of keys, an import may come to it sooner than this has found.</p>}
        {phase === 'looked' && fresh === 0 && <Note>There is nothing to import{seen.standing.existing > 0 ? ': what could be is there already' : ''}.</Note>}
        {(phase === 'importing' || phase === 'stopped') && <Progress label="So far" share={standing.share} text={`${count(standing.records)} records`} />}
        {phase === 'importing' && <p class="hint">Stay on this page until it is done. If it breaks off, import the same once more: nothing is there twice.</p>}
        {importing.problem && <Trouble problem={importing.problem} />}
        <div role="status">
          {phase === 'stopped' && !importing.problem && <Note tone="warn">It is stopped. What is imported stays; go on, or import the same some other time.</Note>}
          {phase === 'ended' && <Note tone={standing.skipped > 0 ? 'warn' : 'good'}>{keys(standing.imported)} imported{standing.skipped > 0 ? `, ${count(standing.skipped)} skipped` : ''}. Verify by <code>POST /v1/keys/verify</code>, and rotate them in time: the successors are keys of this service.</Note>}
        </div>
        <div class="row">
          {phase === 'looked' && fresh > 0 && <Button look="primary" onClick={importing.submit} busy={importing.busy}>Import {keys(fresh)}</Button>}
          {phase === 'looked' && <Button onClick={change}>Change</Button>}
          {phase === 'importing' && <Button onClick={stop}>Stop</Button>}
          {phase === 'stopped' && <><Button look="primary" onClick={importing.submit}>Go on</Button><Button onClick={change}>Begin anew</Button></>}
          {phase === 'ended' && <><LinkButton look="primary" href={`${at('keys')}${body.sessionId ? `?session=${body.sessionId}` : ''}`}>Look at the keys</LinkButton><Button onClick={forget}>Import more</Button></>}
        </div>
      </Panel>
      <SkippedPanel skipped={(taken ?? seen).skipped} name={name} />
    </Arrived>
  );
}
