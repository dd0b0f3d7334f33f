// Starts `jobber exchange` on free ports and runs the test files against it; the closing line counts them.
// usage: node run.mjs JOBBER [FILE...]
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { makeAccounts } from './support/accounts.mjs';
import { accountsFile, readyLine } from './support/verb.mjs';

const kSeconds = 170;       // the exchange ends by itself should we not
const kReadyMs = 20_000;
const kTestMs = 100_000;    // a test file, all run at once

const here = dirname(fileURLToPath(import.meta.url));
const [jobber, ...chosen] = process.argv.slice(2);
if (!jobber) { console.error('usage: node run.mjs JOBBER [FILE...]'); process.exit(2); }

const folder = mkdtempSync(join(tmpdir(), 'jobber-clients-'));
const accounts = makeAccounts();
writeFileSync(join(folder, 'accounts.json'), accountsFile(accounts));

const exchange = spawn(jobber, ['exchange', '--listen', '127.0.0.1:0', '--plain', '127.0.0.1:0', '--tls-dir', folder,
  '--accounts', join(folder, 'accounts.json'), '--seconds', String(kSeconds), '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });

const ready = await new Promise((resolve, reject) => {
  const late = setTimeout(() => reject(new Error('jobber exchange did not get ready')), kReadyMs);
  exchange.on('exit', (code) => reject(new Error(`jobber exchange ended with ${code}`)));
  createInterface({ input: exchange.stdout }).on('line', (line) => {
    const found = readyLine(line);
    if (found) { clearTimeout(late); resolve(found); }
  });
}).catch((problem) => { exchange.kill(); console.error(problem.message); process.exit(1); });
exchange.removeAllListeners('exit');

const worldFile = join(folder, 'world.json');
writeFileSync(worldFile, JSON.stringify({ ...ready, accounts }));

const files = (chosen.length ? chosen : readdirSync(here).filter((f) => f.endsWith('.test.mjs')).sort()).map((f) => join(here, f));
// All files at once: they wait more than they work, and each has its own account. Counted as they go, so that a file
// that has to be ended does not take its results with it.
const count = { passed: 0, skipped: 0, failed: 0 };
let whole = true;

function runFile(file) {
  const tests = spawn(process.execPath, ['--test', '--test-reporter=tap', file], {
    env: { ...process.env, JOBBER_CLIENTS_WORLD: worldFile, NODE_EXTRA_CA_CERTS: ready.ca, NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'pipe', 'inherit'] });
  const late = setTimeout(() => { whole = false; tests.kill(); }, kTestMs);
  const lines = [];
  createInterface({ input: tests.stdout }).on('line', (line) => {
    lines.push(line);
    const found = /^ +(not )?ok \d+ - .*?(# (SKIP|TODO))?/.exec(line);
    if (!found) return;
    count[/# (SKIP|TODO)/.test(line) ? 'skipped' : found[1] ? 'failed' : 'passed'] += 1;
  });
  return new Promise((done) => tests.on('close', (code) => {
    clearTimeout(late);
    if (code !== 0) whole = false;
    console.log([`# ${file}`, ...lines].join('\n'));
    done();
  }));
}
await Promise.all(files.map(runFile));

const alive = exchange.exitCode === null && exchange.signalCode === null;
if (!alive) { console.log(`jobber exchange died: ${exchange.exitCode ?? exchange.signalCode}`); count.failed += 1; }
exchange.kill('SIGTERM');
if (alive) await Promise.race([new Promise((done) => exchange.on('exit', done)), new Promise((late) => setTimeout(late, 5000))]);
exchange.kill('SIGKILL');
rmSync(folder, { recursive: true, force: true });
console.log(`clients: ${count.passed} passed, ${count.skipped} skipped, ${count.failed} failed`);
process.exit(whole && alive && count.failed === 0 ? 0 : 1);
