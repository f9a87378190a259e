import fc from 'fast-check'
import type { Shapes } from '../../../lambda/core/model/shape.ts'
import { parseForm } from '../../../local/query/form.ts'
import { readInput } from '../../../local/query/read-input.ts'
import { compileXmlEncoder, escapeXml } from '../../../local/query/xml.ts'

const shapes: Shapes = {
  Text: { type: 'string' },
  Name: { type: 'string', min: 1, max: 5, pattern: '[\\w]+' },
  TagKey: { type: 'string', pattern: '[\\p{L}\\p{Z}_.:/=+\\-@]+' },
  Flag: { type: 'boolean' },
  Count: { type: 'integer', min: 1, max: 10 },
  When: { type: 'timestamp' },
  Bytes: { type: 'blob' },
  Tag: { type: 'structure', members: { Key: 'TagKey', Value: 'Text' }, required: ['Key'] },
  Tags: { type: 'list', of: 'Tag', max: 3 },
  Names: { type: 'list', of: 'Text' },
  Map: { type: 'map', key: 'Text', value: 'Count' },
  Node: { type: 'structure', members: { Name: 'Text', Children: 'Nodes' } },
  Nodes: { type: 'list', of: 'Node' },
  Input: {
    type: 'structure',
    members: { Name: 'Name', Flag: 'Flag', Count: 'Count', Tags: 'Tags', Names: 'Names', Map: 'Map', Inner: 'Tag' },
    required: ['Name'],
  },
  Output: {
    type: 'structure',
    members: { Name: 'Text', Flag: 'Flag', Tags: 'Tags', Map: 'Map', When: 'When', Bytes: 'Bytes', Tree: 'Node' },
  },
}

const read = (body: string): unknown => readInput(shapes, 'Input', parseForm(Buffer.from(body)).tree())

function failureOf(body: string): unknown {
  try {
    return read(body)
  } catch (error) {
    return error
  }
}

describe('the query protocol reads', () => {
  it.each<[what: string, body: string, input: object]>([
    ['text, with plus and percent', 'Name=a_b', { Name: 'a_b' }],
    ['a Boolean in any case', 'Name=a&Flag=True', { Name: 'a', Flag: true }],
    ['a number', 'Name=a&Count=7', { Name: 'a', Count: 7 }],
    [
      'a list of structures',
      'Name=a&Tags.member.1.Key=k&Tags.member.1.Value=v+%C3%BC&Tags.member.2.Key=l',
      { Name: 'a', Tags: [{ Key: 'k', Value: 'v ü' }, { Key: 'l' }] },
    ],
    [
      'a list in the order of its numbers, not of the form',
      'Name=a&Names.member.10=j&Names.member.9=i&Names.member.1=a',
      { Name: 'a', Names: ['a', 'i', 'j'] },
    ],
    ['an empty list, as botocore writes it', 'Name=a&Names=', { Name: 'a', Names: [] }],
    ['a map', 'Name=a&Map.entry.1.key=x&Map.entry.1.value=3', { Name: 'a', Map: { x: 3 } }],
    ['a structure', 'Name=a&Inner.Key=%C3%A4', { Name: 'a', Inner: { Key: 'ä' } }],
    ['and leaves out what it does not know', 'Action=X&Version=1&Name=a&Nobody.member.1.Knows=this', { Name: 'a' }],
    ['raw bytes as UTF-8', 'Name=a&Inner.Key=ä', { Name: 'a', Inner: { Key: 'ä' } }],
  ])('%s', (_, body, input) => {
    expect(read(body)).toEqual(input)
  })

  it.each<[what: string, body: string, code: string, message: RegExp]>([
    ['a missing member', 'Flag=true', 'ValidationError', /Value null at 'name' .* must not be null/],
    ['a pattern', 'Name=a-b', 'ValidationError', /Value 'a-b' at 'name' .* regular expression pattern: \[\\w\]\+/],
    ['a length', 'Name=abcdef', 'ValidationError', /length less than or equal to 5/],
    ['a bound', 'Name=a&Count=11', 'ValidationError', /value less than or equal to 10/],
    [
      'too long a list',
      `Name=a&${[1, 2, 3, 4].map((n) => `Tags.member.${n}.Key=k`).join('&')}`,
      'ValidationError',
      /'tags' .* length less than or equal to 3/,
    ],
    ['no Boolean', 'Name=a&Flag=yes', 'MalformedInput', /Boolean/],
    ['no number', 'Name=a&Count=1e3', 'MalformedInput', /number/],
    ['a value where a list should be', 'Name=a&Names=x', 'MalformedInput', /single value/],
    ['members where a value should be', 'Name.member.1=a', 'MalformedInput', /members/],
    ['numbers that are none', 'Name=a&Names.member.01=x', 'MalformedInput', /numbered/],
    ['a name that no list has', 'Name=a&Names.member.__proto__=x', 'MalformedInput', /numbered/],
    ['the same parameter twice', 'Name=a&Name=b', 'MalformedInput', /twice/],
    ['bytes that are not UTF-8', 'Name=a&Inner.Key=%ff', 'MalformedInput', /UTF-8/],
    ['broken percent-encoding', 'Name=%zz', 'MalformedInput', /percent/],
    ['too many levels', `Name=a&${'a.'.repeat(20)}b=c`, 'MalformedInput', /levels/],
    ['too long a name', `${'a'.repeat(300)}=c`, 'MalformedInput', /longer/],
    ['too many parameters', 'x&'.repeat(3000), 'MalformedInput', /2000 parameters/],
    ['half an entry', 'Name=a&Map.entry.1.key=x', 'MalformedInput', /key and a value/],
  ])('refuses %s', (_, body, code, message) => {
    expect(failureOf(body)).toMatchObject({ code, message: expect.stringMatching(message) })
  })

  it('never fails but with an error of its own, whatever the form', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'Name',
        'Tags',
        'member',
        'entry',
        'key',
        'value',
        '1',
        '2',
        'Key',
        '.',
        '=',
        '&',
        '%',
        '%ff',
        '+',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        try {
          read(pieces.join(''))
        } catch (error) {
          expect(error).toMatchObject({ name: 'QueryError' })
        }
      }),
      { numRuns: 500 },
    )
  })

  it('leaves prototypes alone', () => {
    expect(() => read('Name=a&__proto__.polluted=x&constructor.prototype.polluted=x')).not.toThrow()
    expect('polluted' in {}).toBe(false)
  })
})

describe('the query protocol writes', () => {
  const encode = compileXmlEncoder(shapes, 'Output')

  it('nested structures, lists, maps, times, bytes', () => {
    const value = {
      Name: '<a & "b">',
      Flag: false,
      Tags: [{ Key: 'k', Value: '' }],
      Map: { x: 1 },
      When: Date.parse('2026-01-02T03:04:05.678Z'),
      Bytes: Buffer.from('hi'),
      Tree: { Name: 'top', Children: [{ Name: 'leaf', Children: [] }] },
    }
    expect(encode(value)).toBe(
      '<Name>&#60;a &#38; &#34;b&#34;&#62;</Name><Flag>false</Flag><Tags><member><Key>k</Key><Value></Value></member></Tags>' +
        '<Map><entry><key>x</key><value>1</value></entry></Map><When>2026-01-02T03:04:05Z</When><Bytes>aGk=</Bytes>' +
        '<Tree><Name>top</Name><Children><member><Name>leaf</Name><Children></Children></member></Children></Tree>',
    )
  })

  it('leaves out what is absent', () => {
    expect(encode({})).toBe('')
  })

  it('only what XML can hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const escaped = escapeXml(text)
        expect(escaped).not.toMatch(/[<>"'\r\ufffe\uffff]|&(?!#\d+;)/)
        expect(escaped.isWellFormed()).toBe(true)
        // Of control characters XML 1.0 has tab and line feed, and carriage return escaped.
        expect([...escaped].filter((char) => char < ' ' && char !== '\t' && char !== '\n')).toEqual([])
      }),
    )
  })
})
