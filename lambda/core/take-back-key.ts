/**
 * A key that was made for a change which did not come about.
 * @module
 */
import type { OperationName } from './model/secrets-manager.types.generated.ts'
import type { Call } from './operation.ts'

/** Best effort: what was the matter with the call is what its caller shall hear of. The sweeper finds a key that is left over. */
export async function takeBackKey(
  { services, noteFault }: Pick<Call<OperationName>, 'services' | 'noteFault'>,
  keyArn: string | undefined,
): Promise<void> {
  if (keyArn !== undefined) await services.keys.retireServiceKey(keyArn).catch(noteFault)
}
