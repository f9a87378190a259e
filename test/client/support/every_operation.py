"""Every operation that is offered, by a stock boto3 client. It is made as in the rotation functions that AWS gives away; the rest comes from the environment."""
import os

import boto3

client = boto3.client("secretsmanager", endpoint_url=os.environ["SECRETS_MANAGER_ENDPOINT"])
name = os.environ["NAME"]

made = client.create_secret(Name=name, SecretString="one")
put = client.put_secret_value(SecretId=name, SecretString="two")
assert client.get_secret_value(SecretId=made["ARN"])["SecretString"] == "two"
client.update_secret_version_stage(
    SecretId=name, VersionStage="AWSCURRENT", MoveToVersionId=made["VersionId"], RemoveFromVersionId=put["VersionId"]
)
client.update_secret(SecretId=name, Description="by a client")
client.tag_resource(SecretId=name, Tags=[{"Key": "team", "Value": "blue"}])
client.untag_resource(SecretId=name, TagKeys=["team"])
described = client.describe_secret(SecretId=name)
assert (described["Description"], described["Tags"]) == ("by a client", []), described
assert len(client.list_secret_version_ids(SecretId=name)["Versions"]) == 2
pages = client.get_paginator("list_secrets").paginate(Filters=[{"Key": "name", "Values": [name]}])
assert [secret["Name"] for page in pages for secret in page["SecretList"]] == [name]
assert client.batch_get_secret_value(SecretIdList=[name])["SecretValues"][0]["SecretString"] == "one"
assert client.get_resource_policy(SecretId=name)["Name"] == name
assert len(client.get_random_password(PasswordLength=20)["RandomPassword"]) == 20
client.delete_secret(SecretId=name, RecoveryWindowInDays=7)
try:
    client.get_secret_value(SecretId=name)
    raise AssertionError("it was deleted")
except client.exceptions.InvalidRequestException:
    pass
client.restore_secret(SecretId=name)
client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
print("done", flush=True)
