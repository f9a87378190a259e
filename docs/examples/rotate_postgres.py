"""A rotation function for a PostgreSQL user, as AWS Lambda and Coffer invoke it: the example of docs/rotation.md.

Every step may be repeated, so each looks first at what is done already. Needs boto3 and PyGreSQL.
"""

import json
import os

import boto3
import pgdb

secrets = boto3.client("secretsmanager", endpoint_url=os.environ.get("SECRETS_MANAGER_ENDPOINT"))


def handler(event, context):
    secret, version = event["SecretId"], event["ClientRequestToken"]
    described = secrets.describe_secret(SecretId=secret)
    stages = described["VersionIdsToStages"].get(version, [])
    if not described.get("RotationEnabled"):
        raise ValueError("Rotation of the secret is off")
    if "AWSCURRENT" in stages:
        return
    if "AWSPENDING" not in stages:
        raise ValueError("The version is not the one that is being made")
    STEPS[event["Step"]](secret, version, described["VersionIdsToStages"])


def create_secret(secret, version, _stages):
    if pending_of(secret, version):
        return
    current = read(secret, VersionStage="AWSCURRENT")
    password = secrets.get_random_password(ExcludePunctuation=True)["RandomPassword"]
    secrets.put_secret_value(
        SecretId=secret,
        ClientRequestToken=version,
        SecretString=json.dumps({**current, "password": password}),
        VersionStages=["AWSPENDING"],
    )


def set_secret(secret, version, _stages):
    pending = pending_of(secret, version)
    if can_log_in(pending):
        return
    with connect(read(secret, VersionStage="AWSCURRENT")) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT quote_ident(%s)", (pending["username"],))
        (user,) = cursor.fetchone()
        cursor.execute(f"ALTER ROLE {user} PASSWORD %s", (pending["password"],))
        connection.commit()


def test_secret(secret, version, _stages):
    with connect(pending_of(secret, version)) as connection:
        connection.cursor().execute("SELECT 1")


def finish_secret(secret, version, stages):
    former = next(each for each, labels in stages.items() if "AWSCURRENT" in labels)
    secrets.update_secret_version_stage(
        SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=version, RemoveFromVersionId=former
    )


STEPS = {
    "createSecret": create_secret,
    "setSecret": set_secret,
    "testSecret": test_secret,
    "finishSecret": finish_secret,
}


def pending_of(secret, version):
    try:
        return read(secret, VersionId=version, VersionStage="AWSPENDING")
    except secrets.exceptions.ResourceNotFoundException:
        return None


def read(secret, **which):
    return json.loads(secrets.get_secret_value(SecretId=secret, **which)["SecretString"])


def can_log_in(login):
    try:
        connect(login).close()
        return True
    except pgdb.Error as error:
        if "password authentication failed" in str(error):
            return False
        raise


def connect(login):
    return pgdb.connect(
        host=f"{login['host']}:{login.get('port', 5432)}",
        user=login["username"],
        password=login["password"],
        database=login.get("dbname", "postgres"),
        connect_timeout=5,
    )
