// Where the dashboard begins.
import { render } from 'preact';
import { App, ready } from './App.tsx';
import { match } from './routes.ts';
import { loadAccount } from './state/account.ts';
import { follow } from './state/router.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/menus.css';
import './styles/layout.css';
import './styles/tables.css';
import './styles/words.css';
import './styles/figures.css';
import './styles/dialogs.css';
import './styles/shell.css';

follow();
void loadAccount();
// Not after the first paint, when its component would ask for it: now.
const first = match(location.pathname);
if (first) void ready(first.route).catch(() => {});
// Whatever a page that was kept by the browser still shows is older than it looks.
addEventListener('pageshow', (event) => event.persisted && location.reload());
render(<App />, document.getElementById('app')!);
