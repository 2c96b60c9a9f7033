// The plan with what is used of it, the name of the organization, a copy of everything, and its end.
import { here, organizationId } from '../state/organization.ts';
import { api, ask } from '../api/client.ts';
import { useLoad } from '../state/load.ts';
import { Id } from '../ui/Copy.tsx';
import { Facts, PageHead, Panel } from '../ui/Page.tsx';
import { Skeleton } from '../ui/Skeleton.tsx';
import { Time } from '../ui/Time.tsx';
import { Trouble } from '../ui/Trouble.tsx';
import { End, Exporting } from './plan/end.tsx';
import { Plans } from './plan/plans.tsx';
import { Rename } from './plan/rename.tsx';

export default function Plan() {
  const found = useLoad((signal) => ask(api.GET('/organizations/{organizationId}', { params: { path: here() }, signal })), [organizationId.value]);
  const organization = found.data;
  return (
    <>
      <PageHead title="Plan and settings" text="What the organization may use, and what it is called." />
      {!organization && (found.problem ? <Trouble problem={found.problem} again={found.reload} /> : <Skeleton lines={8} />)}
      {organization && (
        <>
          <Plans organization={organization} onChanged={found.reload} onRefresh={found.reload} refreshing={found.loading} />
          <div class="columns">
            <Rename organization={organization} onChanged={found.reload} />
            <Panel title="About">
              <Facts
                facts={[
                  ['Id', <Id key="id" id={organization.id} />],
                  ['Default session', <Id key="session" id={organization.defaultSessionId} />],
                  ['Members', String(organization.membersCount)],
                  ['Founded', <Time key="at" at={organization.createdAt} />],
                ]}
              />
            </Panel>
          </div>
          <Exporting organization={organization} />
          <End organization={organization} onEnded={found.reload} />
        </>
      )}
    </>
  );
}
