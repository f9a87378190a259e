"""Calls every operation of botocore's own model without any input: what counts is where the requests go."""
import boto3
from botocore.config import Config

client = boto3.client("secretsmanager", config=Config(parameter_validation=False, retries={"total_max_attempts": 1}))
for name in client.meta.service_model.operation_names:
    client._make_api_call(name, {})
print("done", flush=True)
