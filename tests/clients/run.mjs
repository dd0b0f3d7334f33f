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
const kTestMs = 100_000;    // the whole of the test files

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
const tests = spawn(process.execPath, ['--test', '--test-reporter=tap', ...files], {
  env: { ...process.env, JOBBER_CLIENTS_WORLD: worldFile, NODE_EXTRA_CA_CERTS: ready.ca, NODE_NO_WARNINGS: '1' },
  stdio: ['ignore', 'pipe', 'inherit'] });
const timer = setTimeout(() => tests.kill(), kTestMs);

const count = { pass: 0, fail: 0, skipped: 0 };
for await (const line of createInterface({ input: tests.stdout })) {
  console.log(line);
  const found = /^# (pass|fail|cancelled|skipped|todo) (\d+)/.exec(line);
  if (!found) continue;
  const name = { cancelled: 'fail', todo: 'skipped' }[found[1]] ?? found[1];
  count[name] += Number(found[2]);
}
const code = await new Promise((done) => (tests.exitCode === null && tests.signalCode === null ? tests.on('exit', done) : done(tests.exitCode)));
clearTimeout(timer);

const alive = exchange.exitCode === null && exchange.signalCode === null;
if (!alive) { console.log(`jobber exchange died: ${exchange.exitCode ?? exchange.signalCode}`); count.fail += 1; }
exchange.kill('SIGTERM');
if (alive) await Promise.race([new Promise((done) => exchange.on('exit', done)), new Promise((late) => setTimeout(late, 5000))]);
exchange.kill('SIGKILL');
rmSync(folder, { recursive: true, force: true });
console.log(`clients: ${count.pass} passed, ${count.skipped} skipped, ${count.fail} failed`);
process.exit(code === 0 && alive ? 0 : 1);
