// Registering, where the deployment lets people.
import { Registration } from '../ui/Registration.tsx';

export default function Register() {
  return (
    <Registration
      title="Create your account"
      text="You get an organization of your own, and a first key."
      below={<p>Have an account? <a href="/sign-in">Sign in</a> · New deployment? <a href="/set-up">Set it up</a></p>}
    />
  );
}
