// The very first account of a deployment, with the one-time token that `npm run deploy` has shown.
import { Registration } from '../ui/Registration.tsx';

export default function SetUp() {
  return (
    <Registration
      title="Set up this deployment"
      text="The first account owns the first organization. The token works once."
      withSetup
      below={<p>Already set up? <a href="/sign-in">Sign in</a></p>}
    />
  );
}
