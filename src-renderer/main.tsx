import './client/without-eval.ts';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { takeCode } from './client/login.ts';

const root = document.getElementById('window');
if (root === null) throw new Error('index.html has no #window');
createRoot(root).render(
  <StrictMode>
    <App code={takeCode()} />
  </StrictMode>,
);
