/**
 * SNS as the functions call it: publishing to topics of the templates. Messages are kept; nobody is sent any.
 * @module
 */
import { asUuid } from '../../../lambda/adapters/embedded/keyring/key-names.ts'
import type { Clock } from '../../../lambda/core/ports/clock.ts'
import type { Entropy } from '../../../lambda/core/ports/entropy.ts'
import { answersOf } from '../../../local/query/answers.ts'
import type { AwsAnswer, AwsOperation, AwsRequest, AwsService, Need } from '../service.ts'
import type { Topic } from './topic.ts'

export interface PublishedMessage {
  readonly topic: string
  readonly region: string
  /** Epoch milliseconds. */
  readonly at: number
  /** Name of the function. */
  readonly publisher: string
  readonly subject: string | undefined
  readonly message: string
  readonly attributes: Readonly<Record<string, string>>
}

export interface SnsOptions {
  readonly topics: readonly Topic[]
  readonly clock: Clock
  readonly entropy: Entropy
}

const VERSION = '2010-03-31'
const answers = answersOf(`http://sns.amazonaws.com/doc/${VERSION}/`)
const OPERATION = 'Publish'

/** SNS quotas. */
const MESSAGE_LIMIT = 262_144
const SUBJECT_LIMIT = 100
/** Newest last. */
const KEPT = 2000

export class SnsService implements AwsService {
  readonly signingName = 'sns'
  readonly actionPrefix = 'sns'
  readonly operations = [OPERATION]
  readonly deniedStatus = 403
  readonly #options: SnsOptions
  readonly #topics: ReadonlyMap<string, Topic>
  readonly #messages: PublishedMessage[] = []

  constructor(options: SnsOptions) {
    this.#options = options
    this.#topics = new Map(options.topics.map((topic) => [topic.arn, topic]))
  }

  get messages(): readonly PublishedMessage[] {
    return this.#messages
  }

  error(status: number, code: string, message: string): AwsAnswer {
    // The query protocol has a name of its own for it.
    const given = code === 'AccessDeniedException' ? 'AuthorizationError' : code
    return answers.failure({ status, code: given, message }, this.#requestId())
  }

  read(request: AwsRequest): AwsOperation | undefined {
    const form = new URLSearchParams(request.body.toString('utf8'))
    const isKnown = form.get('Action') === OPERATION && form.get('Version') === VERSION
    if (request.method !== 'POST' || !isKnown || [...form.keys()].some((name) => !isParameter(name))) return undefined
    const arn = form.get('TopicArn') ?? ''
    return {
      name: OPERATION,
      needs: [needOf(arn, this.#topics.get(arn))],
      perform: async () => this.#publish(form, request),
    }
  }

  #publish(form: URLSearchParams, { region, caller }: AwsRequest): AwsAnswer {
    const topic = this.#topics.get(form.get('TopicArn') ?? '')
    if (topic?.region !== region) return this.error(404, 'NotFound', 'Topic does not exist')
    const message = form.get('Message') ?? ''
    const subject = form.get('Subject') ?? undefined
    if (message === '' || Buffer.byteLength(message) > MESSAGE_LIMIT)
      return this.error(400, 'InvalidParameter', 'Invalid parameter: Message')
    if (subject !== undefined && !isSubject(subject))
      return this.error(400, 'InvalidParameter', 'Invalid parameter: Subject')
    const attributes = attributesIn(form)
    if (attributes === undefined)
      return this.error(400, 'ParameterValueInvalid', 'The message attributes are not valid.')
    const at = this.#options.clock.now()
    this.#messages.push({ topic: topic.name, region, at, publisher: caller.name, subject, message, attributes })
    if (this.#messages.length > KEPT) this.#messages.shift()
    const messageId = this.#requestId()
    return answers.success(`<MessageId>${messageId}</MessageId>`, this.#requestId(), { operation: OPERATION })
  }

  #requestId(): string {
    return asUuid(this.#options.entropy.bytes(16).toString('hex'))
  }
}

/** A topic that is not there has no policy: the call goes on to be answered NotFound. */
function needOf(arn: string, topic: Topic | undefined): Need {
  const policy = topic?.policy()
  const need = { action: `sns:${OPERATION}`, resource: arn }
  return policy === undefined ? need : { ...need, resourcePolicy: () => policy, rule: 'either' }
}

const isParameter = (name: string): boolean =>
  /^(Action|Version|TopicArn|Message|Subject|MessageAttributes\.entry\.\d+\.(Name|Value\.(DataType|StringValue)))$/.test(
    name,
  )

/** Publish, SNS API reference: ASCII, beginning with a letter, digit or punctuation, no line breaks. */
const isSubject = (subject: string): boolean =>
  subject.length <= SUBJECT_LIMIT && /^[\x21-\x7e][\x20-\x7e]*$/.test(subject)

/** Numbered from 1 without a gap; undefined when one is not whole. */
function attributesIn(form: URLSearchParams): Readonly<Record<string, string>> | undefined {
  const attributes: Record<string, string> = {}
  let number = 1
  for (; form.has(`MessageAttributes.entry.${number}.Name`); number++) {
    const entry = `MessageAttributes.entry.${number}`
    const [name, type, value] = ['Name', 'Value.DataType', 'Value.StringValue'].map((part) =>
      form.get(`${entry}.${part}`),
    )
    if (!name || type !== 'String' || !value || Object.hasOwn(attributes, name)) return undefined
    attributes[name] = value
  }
  const given = [...form.keys()].filter((name) => name.endsWith('.Name')).length
  return given === number - 1 ? attributes : undefined
}
