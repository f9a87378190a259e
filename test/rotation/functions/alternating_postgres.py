"""Rotates a PostgreSQL login by two users that take turns: the contract of AWS's rotation templates, in the words of a user of them."""

import json
import os

import boto3
import pgdb

CLONE = "_clone"


def handler(event, _context):
    secret, version, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    secrets = boto3.client("secretsmanager", endpoint_url=os.environ["SECRETS_MANAGER_ENDPOINT"])
    described = secrets.describe_secret(SecretId=secret)
    if not described.get("RotationEnabled"):
        raise ValueError("rotation is off")
    stages = described["VersionIdsToStages"].get(version, [])
    if "AWSCURRENT" in stages:
        return
    if "AWSPENDING" not in stages:
        raise ValueError("the version is not pending")
    steps = {"createSecret": create, "setSecret": put, "testSecret": test, "finishSecret": finish}
    steps[step](secrets, secret, version, event["RotationToken"])


def create(secrets, secret, version, rotation_token):
    current = read(secrets, secret, VersionStage="AWSCURRENT")
    try:
        read(secrets, secret, VersionId=version, VersionStage="AWSPENDING")
    except secrets.exceptions.ResourceNotFoundException:
        user = current["username"]
        other = user[: -len(CLONE)] if user.endswith(CLONE) else user + CLONE
        password = secrets.get_random_password(ExcludeCharacters="/@\"'\\")["RandomPassword"]
        arguments = {"RotationToken": rotation_token} if knows_rotation_tokens(secrets) else {}
        secrets.put_secret_value(
            SecretId=secret,
            ClientRequestToken=version,
            SecretString=json.dumps({**current, "username": other, "password": password}),
            VersionStages=["AWSPENDING"],
            **arguments,
        )


def put(secrets, secret, version, _rotation_token):
    current = read(secrets, secret, VersionStage="AWSCURRENT")
    pending = read(secrets, secret, VersionId=version, VersionStage="AWSPENDING")
    connect(current).close()
    admin = read(secrets, current["masterarn"], VersionStage="AWSCURRENT")
    connection = connect({**current, "username": admin["username"], "password": admin["password"]})
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT quote_ident(%s), quote_ident(%s)", (current["username"], pending["username"]))
        user, other = cursor.fetchone()
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (pending["username"],))
        verb = "ALTER" if cursor.fetchone() else "CREATE"
        cursor.execute(f"{verb} ROLE {other} WITH LOGIN PASSWORD %s", (pending["password"],))
        if verb == "CREATE":
            cursor.execute(f"GRANT {user} TO {other}")
        connection.commit()
    finally:
        connection.close()


def test(secrets, secret, version, _rotation_token):
    connect(read(secrets, secret, VersionId=version, VersionStage="AWSPENDING")).close()


def finish(secrets, secret, version, _rotation_token):
    versions = secrets.describe_secret(SecretId=secret)["VersionIdsToStages"]
    current = next(each for each, stages in versions.items() if "AWSCURRENT" in stages)
    secrets.update_secret_version_stage(
        SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=version, RemoveFromVersionId=current
    )


def read(secrets, secret, **which):
    return json.loads(secrets.get_secret_value(SecretId=secret, **which)["SecretString"])


def connect(login):
    return pgdb.connect(
        host=login["host"],
        port=int(login["port"]),
        user=login["username"],
        password=login["password"],
        database=login["dbname"],
        sslmode="require",
    )


def knows_rotation_tokens(secrets):
    """Older clients do not."""
    shape = secrets.meta.service_model.operation_model("PutSecretValue").input_shape
    return "RotationToken" in shape.members
