// What to import, from where, and what becomes of it.
import type { Submission } from '../../state/load.ts';
import { count } from '../../state/clock.ts';
import { Button } from '../../ui/Button.tsx';
import { Checkbox, FileField, FormTrouble, Segmented, Select, TextArea, TextField } from '../../ui/Field.tsx';
import { Panel } from '../../ui/Page.tsx';
import { Progress } from '../../ui/Progress.tsx';
import { SessionSelect } from '../keys/form.tsx';
import { FIELDS, systemHint, systems, type Draft } from './draft.ts';
import type { Standing } from './run.ts';

interface Props {
  draft: Draft;
  onDraft: (changes: Partial<Draft>) => void;
  looking: Submission;
  standing: Standing | undefined;
  onStop: () => void;
}

const size = (bytes: number): string => (bytes < 10_000 ? `${count(bytes)} bytes` : bytes < 10_000_000 ? `${count(Math.round(bytes / 1000))} kB` : `${count(Math.round(bytes / 1_000_000))} MB`);

export function ImportForm({ draft, onDraft, looking, standing, onStop }: Props) {
  const bound = <Name extends keyof Draft>(name: Name) => ({ value: draft[name], onValue: (value: Draft[Name]) => onDraft({ [name]: value }) });
  return (
    <form noValidate autocomplete="off" onSubmit={looking.submit}>
      <Panel title="The keys" text="JSON lines, CSV or JSON. Plaintexts are hashed in this browser, and only hashes are sent: no key leaves this page.">
        <div class="two">
          <Select label="They come from" {...bound('from')} choices={systems} hint={systemHint(draft.from)} />
        </div>
        <div><Segmented label="How you have them" {...bound('way')} choices={[{ value: 'file', label: 'A file' }, { value: 'text', label: 'Pasted text' }]} /></div>
        {draft.way === 'file'
          ? <FileField label="File" accept=".jsonl,.ndjson,.csv,.json" onFile={(file) => onDraft({ file })} error={looking.at('content')} hint={draft.file ? `${draft.file.name}, ${size(draft.file.size)}.` : 'Read here, piece by piece. For millions of keys there is latchkey import, on the command line.'} />
          : <TextArea label="Keys" mono rows={8} autocomplete="off" {...bound('text')} error={looking.at('content')} placeholder={'hash,name,externalId,permissions\n47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,CI,customer-7,emails:send'} hint="A record a line; in CSV the first line has the names of the columns. It is kept nowhere, and gone when you leave." />}
      </Panel>
      <Panel title="What they become" text="Keys of this organization, which verify like any other. Their texts stay as they are.">
        <div class="two broad">
          <div class="stack">
            <TextField label="Prefix" mono {...bound('prefix')} disabled={draft.bare} maxLength={32} placeholder="mist_" error={looking.at('prefix')} hint="How all of them begin. Only what begins so is looked for where it is no key of this service." />
            <Checkbox label="They have nothing in common" hint="Then every unknown text is looked for, which makes refusals slower." checked={draft.bare} onChecked={(bare) => onDraft({ bare })} />
          </div>
          <div class="stack">
            <Select label="Belong to" {...bound('place')} choices={[{ value: 'environment', label: 'An environment' }, { value: 'session', label: 'One session' }]} />
            {draft.place === 'environment'
              ? <Select label="Environment" {...bound('environment')} error={looking.at('environment')} choices={[{ value: 'production', label: 'Production' }, { value: 'staging', label: 'Staging' }, { value: 'development', label: 'Development' }]} />
              : <SessionSelect label="Session" {...bound('sessionId')} error={looking.at('sessionId')} />}
          </div>
        </div>
        <TextArea label="Permissions for keys that the file gives none" optional mono rows={2} {...bound('permissions')} error={looking.at('permissions')} placeholder="emails:send" hint="One a line: resource:action. A key without any verifies as well, unless a verification asks for one." />
        <FormTrouble problem={looking.problem} fields={FIELDS} />
        {looking.busy && standing && <Progress label="Looked at" share={standing.share} text={`${count(standing.records)} records`} />}
        <div class="row">
          <Button look="primary" type="submit" busy={looking.busy}>Look first</Button>
          {looking.busy ? <Button onClick={onStop}>Stop</Button> : <span class="soft">A dry run: nothing is imported yet.</span>}
        </div>
      </Panel>
    </form>
  );
}
