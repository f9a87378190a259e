"""The calls of boto3.test.ts: every check is an assertion, the name of each finished part is printed. The endpoint comes from the environment."""
import datetime
import os
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

config = Config(retries={"total_max_attempts": 1})
client = boto3.client("secretsmanager", config=config)
prefix = f"boto3-{uuid.uuid4().hex}x"
mark = os.environ["VALUE_MARK"]


def part(name):
    print(name, flush=True)


def refused(call, code, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400, error
        return error
    raise AssertionError(f"{code} was expected")


name = f"{prefix}/first"
made = client.create_secret(Name=name, SecretString=f"{mark} ünï 日本 👩‍👧", Description="d", Tags=[{"Key": "k", "Value": "v"}])
read = client.get_secret_value(SecretId=made["ARN"])
assert read["SecretString"] == f"{mark} ünï 日本 👩‍👧" and read["VersionId"] == made["VersionId"]
assert read["VersionStages"] == ["AWSCURRENT"]
assert isinstance(read["CreatedDate"], datetime.datetime)
part("create and get")

put = client.put_secret_value(SecretId=name, SecretString=mark + "2")
assert put["VersionStages"] == ["AWSCURRENT"]
assert client.get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS")["VersionId"] == made["VersionId"]
client.update_secret_version_stage(
    SecretId=name, VersionStage="AWSCURRENT", MoveToVersionId=made["VersionId"], RemoveFromVersionId=put["VersionId"]
)
assert client.get_secret_value(SecretId=name)["VersionId"] == made["VersionId"]
part("put and move")

described = client.describe_secret(SecretId=name)
now = datetime.datetime.now(datetime.timezone.utc)
for date in ("CreatedDate", "LastChangedDate"):
    assert abs(now - described[date]) < datetime.timedelta(minutes=5), described
day = described["LastAccessedDate"].astimezone(datetime.timezone.utc)
assert (day.hour, day.minute, day.second, day.microsecond) == (0, 0, 0, 0), day
assert described["Tags"] == [{"Key": "k", "Value": "v"}] and "KmsKeyId" not in described
part("describe")

binary = bytes(range(256)) * 256
client.create_secret(Name=f"{prefix}/binary", SecretBinary=binary)
assert client.get_secret_value(SecretId=f"{prefix}/binary")["SecretBinary"] == binary
part("binary")

for index in range(5):
    client.create_secret(Name=f"{prefix}/page-{index}", SecretString=f"{mark}{index}")
pages = client.get_paginator("list_secrets").paginate(
    Filters=[{"Key": "name", "Values": [f"{prefix}/page-"]}], PaginationConfig={"PageSize": 2}
)
names = [[secret["Name"] for secret in page["SecretList"]] for page in pages]
assert [len(page) for page in names] == [2, 2, 1], names
assert sum(names, []) == [f"{prefix}/page-{index}" for index in range(5)]
part("list paginator")

batch = client.batch_get_secret_value(SecretIdList=[f"{prefix}/page-0", f"{prefix}/nobody", f"{prefix}/page-1"])
assert [value["SecretString"] for value in batch["SecretValues"]] == [f"{mark}0", f"{mark}1"]
assert [(error["SecretId"], error["ErrorCode"]) for error in batch["Errors"]] == [
    (f"{prefix}/nobody", "ResourceNotFoundException")
]
part("batch")

try:
    client.get_secret_value(SecretId=f"{prefix}/nobody")
    raise AssertionError("it should not be there")
except client.exceptions.ResourceNotFoundException as error:
    assert error.response["Error"]["Message"] == "Secrets Manager can't find the specified secret."
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert error.response["ResponseMetadata"]["RequestId"]
try:
    client.create_secret(Name=name)
    raise AssertionError("it should exist")
except client.exceptions.ResourceExistsException:
    pass
refused(client.create_secret, "ValidationException", Name="has space")
refused(client.get_random_password, "InvalidParameterException", PasswordLength=2)
part("errors")

window = client.delete_secret(SecretId=name, RecoveryWindowInDays=7)["DeletionDate"] - now
assert datetime.timedelta(days=7) <= window < datetime.timedelta(days=7, minutes=5), window
refused(client.get_secret_value, "InvalidRequestException", SecretId=name)
client.restore_secret(SecretId=name)
client.tag_resource(SecretId=name, Tags=[{"Key": "k2", "Value": ""}])
client.untag_resource(SecretId=name, TagKeys=["k", "k2"])
assert client.describe_secret(SecretId=name)["Tags"] == []
assert len(client.get_random_password(PasswordLength=20)["RandomPassword"]) == 20
assert len(client.list_secret_version_ids(SecretId=name)["Versions"]) == 2
part("delete, restore, tags, password, versions")

kms = boto3.client("kms", config=config)
key = kms.create_key()["KeyMetadata"]
client.update_secret(SecretId=name, KmsKeyId=key["KeyId"], SecretString=mark + "3")
kms.disable_key(KeyId=key["KeyId"])
error = refused(client.get_secret_value, "DecryptionFailure", SecretId=name)
assert f"{key['Arn']} is disabled." in str(error)
part("customer key")

bad = boto3.client(
    "secretsmanager",
    config=config,
    aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"],
    aws_secret_access_key="not-the-secret-of-this-key",
)
refused(bad.list_secrets, "InvalidSignatureException")
assert boto3.client("sts", config=config).get_caller_identity()["Account"] == os.environ["ACCOUNT"]
part("signatures and identity")
