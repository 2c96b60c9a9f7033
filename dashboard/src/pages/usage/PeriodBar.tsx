// Which time, and of which environment: above everything that shows usage.
import type { ComponentChildren } from 'preact';
import { setQuery } from '../../state/router.ts';
import { Segmented, TextField } from '../../ui/Field.tsx';
import { Toolbar } from '../../ui/Page.tsx';
import { PERIODS, chosenDays, chosenPeriod, dayOf, daysTrouble } from './period.ts';

export function PeriodBar({ children }: { children?: ComponentChildren }) {
  const name = chosenPeriod();
  const days = chosenDays();
  const choose = (next: Partial<typeof days>) => setQuery({ ...days, ...next });
  return (
    <>
      <Toolbar>
        <Segmented label="Time" value={name} choices={PERIODS} onValue={(value) => setQuery({ period: value, ...(value === 'custom' ? days : { from: null, to: null }) })} />
        {children}
      </Toolbar>
      {name === 'custom' && (
        <Toolbar>
          <TextField label="First day" type="date" value={days.from} max={dayOf(Date.now())} onValue={(from) => from && choose({ from })} error={daysTrouble(days)} />
          <TextField label="Last day" type="date" value={days.to} max={dayOf(Date.now())} onValue={(to) => to && choose({ to })} hint="Days begin at midnight UTC." />
        </Toolbar>
      )}
    </>
  );
}
