/**
 * A server with nothing but a function runner, to be killed: starts what its arguments name, and lives until then.
 * @module
 */
import { FunctionRunner } from '../../../../../local/functions/runtime/function-runner.ts'

const runner = new FunctionRunner()
for (const [index, text] of process.argv.slice(2).entries()) {
  const fn = JSON.parse(text) as Parameters<FunctionRunner['invoke']>[0]
  const invoked = runner.invoke({ ...fn, arn: `${fn.arn}-${index}` }, Buffer.from('{}'))
  const report = (): void => {
    const started = runner.logs(`${fn.arn}-${index}`).find(({ text: line }) => line.includes('pid '))
    if (started === undefined) setTimeout(report, 10)
    else console.log(started.text)
  }
  report()
  void invoked
}
