/**
 * What a function costs that has the same two SDK clients and does nothing: the peer for the start of GetSecretValue's function.
 * @module
 */
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb'
import { DecryptCommand, KMSClient } from '@aws-sdk/client-kms'

const dynamoDb = new DynamoDBClient()
const kms = new KMSClient()

export const handler = () => [dynamoDb, kms, QueryCommand, DecryptCommand]
