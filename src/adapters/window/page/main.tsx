import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createActor } from 'xstate';
import { App } from './app.tsx';
import { connectionMachine } from './connection/connection.machine.ts';
import { defineStream, exchangeToken } from './connection/stream.ts';
import { takeToken } from './connection/take-token.ts';
import { WindowStore } from './model/window-store.ts';
import './styles/base.css';
import './styles/layout.css';
import './styles/download.css';
import './styles/chart.css';
import './styles/machine.css';
import { applyTheme, storedTheme } from './parts/theme.ts';

applyTheme(storedTheme());
const store = new WindowStore();
const stream = defineStream((message) => store.take(message));
const connection = createActor(connectionMachine.provide({ actors: { exchangeToken, stream } }), {
  input: { token: takeToken() },
});
connection.start();

const place = document.getElementById('page');
if (place) {
  createRoot(place).render(
    <StrictMode>
      <App store={store} connection={connection} />
    </StrictMode>,
  );
}
