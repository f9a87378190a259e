"""The process of a Python function.

Loads the handler, takes events from the Runtime API one at a time, and reports what the handler returns or raises. Needs nothing but the standard library.
"""

import http.client
import importlib
import json
import logging
import os
import sys
import time
import traceback


class RuntimeFailure(Exception):
    """An error of the runtime itself, such as a module that is not there."""

    def __init__(self, kind, message, stack=()):
        super().__init__(message)
        self.error_type = "Runtime." + kind
        self.stack = list(stack)


class ServerIsGone(Exception):
    """There is nobody left to work for."""


class RuntimeClient:
    """One connection, one request at a time."""

    def __init__(self, address):
        authority, _, path = address.partition("/")
        host, _, port = authority.rpartition(":")
        self.connection = http.client.HTTPConnection(host, int(port))
        self.path = ("/" + path if path else "") + "/2018-06-01/runtime"

    def next(self):
        return self.call("GET", "/invocation/next")

    def respond(self, request_id, body):
        self.call("POST", "/invocation/%s/response" % request_id, body)

    def fail(self, request_id, error_type, document):
        self.call("POST", "/invocation/%s/error" % request_id, document, error_type)

    def fail_init(self, error_type, document):
        self.call("POST", "/init/error", document, error_type)

    def call(self, method, path, body=None, error_type=None):
        headers = {} if body is None else {"Content-Type": "application/json"}
        if error_type is not None:
            headers["Lambda-Runtime-Function-Error-Type"] = error_type.encode("ascii", "replace").decode()[:200]
        try:
            self.connection.request(method, self.path + path, body, headers)
            response = self.connection.getresponse()
            return response.headers, response.read()
        except (OSError, http.client.HTTPException) as error:
            raise ServerIsGone() from error


class CognitoIdentity:
    def __init__(self, known):
        self.cognito_identity_id = known.get("cognitoIdentityId")
        self.cognito_identity_pool_id = known.get("cognitoIdentityPoolId")


class Client:
    def __init__(self, known):
        self.installation_id = known.get("installation_id")
        self.app_title = known.get("app_title")
        self.app_version_name = known.get("app_version_name")
        self.app_version_code = known.get("app_version_code")
        self.app_package_name = known.get("app_package_name")


class ClientContext:
    def __init__(self, known):
        self.custom = known.get("custom")
        self.env = known.get("env")
        self.client = Client(known["client"]) if known.get("client") else None


class LambdaContext:
    def __init__(self, headers):
        environ = os.environ
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.log_group_name = environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.identity = CognitoIdentity(json.loads(headers.get("Lambda-Runtime-Cognito-Identity") or "{}"))
        client_context = headers.get("Lambda-Runtime-Client-Context")
        self.client_context = ClientContext(json.loads(client_context)) if client_context else None
        self._deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline_ms - int(time.time() * 1000))


class RequestIdFilter(logging.Filter):
    request_id = ""

    def filter(self, record):
        record.aws_request_id = RequestIdFilter.request_id
        return True


def prepare_logging():
    """The root logger writes as in Lambda; functions only set its level."""
    handler = logging.StreamHandler(sys.stdout)
    form = logging.Formatter(
        "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n", "%Y-%m-%dT%H:%M:%S"
    )
    form.converter = time.gmtime
    handler.setFormatter(form)
    handler.terminator = ""
    handler.addFilter(RequestIdFilter())
    logging.getLogger().addHandler(handler)


def limit_memory():
    """Data of the process, and an allowance for the interpreter itself. Where there are no such limits there is none."""
    try:
        import resource

        limit = (int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]) + 64) * 1024 * 1024
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        resource.setrlimit(resource.RLIMIT_DATA, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
    except (ImportError, KeyError, ValueError, OSError):
        pass


def load_handler(name):
    module_path, dot, function_name = name.rpartition(".")
    if not dot:
        raise RuntimeFailure(
            "MalformedHandlerName", "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % name
        )
    module_name = module_path.replace("/", ".")
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise RuntimeFailure(
            "BuiltInModuleConflict", "Cannot use built-in module %s as a handler module" % module_path
        )
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise RuntimeFailure(
            "ImportModuleError", "Unable to import module '%s': %s" % (module_path, error), own_frames(error)
        ) from error
    except SyntaxError as error:
        place = '  File "%s" Line %s\n    %s\n' % (error.filename, error.lineno, (error.text or "").strip())
        raise RuntimeFailure(
            "UserCodeSyntaxError", "Syntax error in module '%s': %s" % (module_path, error), [place]
        ) from error
    if not hasattr(module, function_name):
        raise RuntimeFailure("HandlerNotFound", "Handler '%s' missing on module '%s'" % (function_name, module_path))
    return getattr(module, function_name)


def own_frames(error):
    """The stack without the runtime's own files and without the machinery of imports."""
    frames = traceback.extract_tb(error.__traceback__)
    return traceback.format_list(
        [
            frame
            for frame in frames
            if frame.filename != __file__
            and not frame.filename.startswith("<frozen importlib")
            and frame.filename != importlib.__file__
        ]
    )


def error_document(error, request_id):
    if isinstance(error, RuntimeFailure):
        error_type, stack = error.error_type, error.stack
    else:
        error_type, stack = type(error).__name__, own_frames(error)
    try:
        message = str(error)
    except Exception:
        message = "The function failed with an error that cannot be read."
    return {"errorMessage": message, "errorType": error_type, "requestId": request_id, "stackTrace": stack}


def log_error(document):
    print("[ERROR] %(errorType)s: %(errorMessage)s" % document)
    print("Traceback (most recent call last):")
    print("".join(document["stackTrace"]), end="")


def in_json(value):
    decimal = sys.modules.get("decimal")
    if decimal is not None and isinstance(value, decimal.Decimal):
        return float(value)  # As Lambda does.
    raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)


def run(handler, headers, body):
    """The result as JSON. Raises what the handler raises."""
    try:
        event = json.loads(body)
    except ValueError as error:
        raise RuntimeFailure("UnmarshalError", "Unable to unmarshal input: %s" % error) from error
    result = handler(event, LambdaContext(headers))
    try:
        return json.dumps(result, ensure_ascii=False, allow_nan=False, default=in_json).encode()
    except Exception as error:
        raise RuntimeFailure("MarshalError", "Unable to marshal response: %s" % error) from error


def end_lines(request_id):
    """Tells the server that everything which this invocation has written is before it."""
    mark = b"\0end %s\0\n" % request_id.encode()
    for stream, number in ((sys.stdout, 1), (sys.stderr, 2)):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass  # The function has closed it.
        view = memoryview(mark)
        try:
            while view:
                view = view[os.write(number, view) :]
        except OSError:
            pass


def serve(client, handler):
    while True:
        headers, body = client.next()
        request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        RequestIdFilter.request_id = request_id
        os.environ["_X_AMZN_TRACE_ID"] = headers.get("Lambda-Runtime-Trace-Id") or ""
        try:
            result = run(handler, headers, body)
        except Exception as error:
            document = error_document(error, request_id)
            log_error(document)
            is_out_of_memory = isinstance(error, MemoryError)
            del error
            end_lines(request_id)
            client.fail(request_id, document["errorType"], json.dumps(document).encode())
            if is_out_of_memory:
                os._exit(1)  # What it holds may never be freed.
            continue
        end_lines(request_id)
        client.respond(request_id, result)


def main():
    client = RuntimeClient(os.environ["AWS_LAMBDA_RUNTIME_API"])
    prepare_logging()
    limit_memory()
    if sys.path and sys.path[0] == os.path.dirname(os.path.abspath(__file__)):
        del sys.path[0]
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    try:
        try:
            handler = load_handler(os.environ["_HANDLER"])
        except Exception as error:
            document = error_document(error, "")
            log_error(document)
            sys.stdout.flush()
            client.fail_init(document["errorType"], json.dumps(document).encode())
            os._exit(1)
        serve(client, handler)
    except ServerIsGone:
        os._exit(1)


if __name__ == "__main__":
    main()
