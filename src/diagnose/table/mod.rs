//! Everything that is known to go wrong, a row each. A file of rows is a topic; [`RULES`] names every row once.

mod rule;
mod signatures;

pub(super) mod compile;
pub(super) mod database;
pub(super) mod django;
pub(super) mod install;
pub(super) mod machine;
pub(super) mod managers;
pub(super) mod modules;
pub(super) mod network;
pub(super) mod platform;
pub(super) mod python;
pub(super) mod railpack;
pub(super) mod requirements;
pub(super) mod server;
pub(super) mod setup;
pub(super) mod start;

pub use rule::Rule;
pub(super) use rule::{DECISIVE, HINT, LAST_RESORT, SAID, YieldsTo};
pub(crate) use rule::{Explanation, Finding};
pub(super) use signatures::SIGNATURES;

/// Of a service that the app calls and that does not answer.
pub static SERVICES: &[&Rule] = &[
    &database::DB_UNREACHABLE,
    &database::REDIS_UNREACHABLE,
    &database::BROKER_UNREACHABLE,
    &database::SERVICE_ON_LOOPBACK,
    &database::CONNECTION_REFUSED,
];

/// Those of them that tell a service by its address, wherever that is.
pub static OF_ADDRESSES: &[&Rule] =
    &[&database::DB_UNREACHABLE, &database::REDIS_UNREACHABLE, &database::BROKER_UNREACHABLE];

/// Of any host that the app asks over the network.
pub static OF_HOSTS: &[&Rule] = &[&network::NETWORK_UNREACHABLE, &network::NETWORK_TIMEOUT];

/// Every rule, by stage. Where two find the same in one line with the same certainty, the earlier one comes first.
pub static RULES: &[&Rule] = &[
    &setup::UNKNOWN_NIX_PACKAGE,
    &setup::NIX_PACKAGE_INSECURE,
    &setup::NIX_PACKAGES_COLLIDE,
    &setup::INVALID_NIXPACKS_CONFIG,
    &setup::NO_BUILD_PLAN,
    &setup::NO_START_COMMAND,
    &setup::REGISTRY_UNREACHABLE,
    &railpack::PYTHON_NOT_PREBUILT,
    &railpack::PYTHON_UNATTESTED,
    &railpack::MISE_UNREACHABLE,
    &railpack::TOOL_NOT_INSTALLED,
    &railpack::INVALID_CONFIG,
    &railpack::PROCFILE_NOT_YAML,
    &railpack::NO_VENV,
    &railpack::SECRET_NOT_FOUND,
    &install::EXTERNALLY_MANAGED,
    &install::PIP_NOT_FOUND,
    &install::VENV_MADE_TWICE,
    &start::START_MAKES_ENVIRONMENT,
    &install::NO_MATCHING_DISTRIBUTION,
    &install::NO_WHEEL_FOR_PYTHON,
    &install::WHEEL_WRONG_PLATFORM,
    &install::WINDOWS_ONLY_REQUIREMENT,
    &requirements::LOCAL_PATH_REQUIREMENT,
    &requirements::WORKSPACE_MEMBER_OUTSIDE,
    &requirements::REQUIREMENTS_ENCODING,
    &requirements::REQUIREMENTS_FILE_MISSING,
    &requirements::INVALID_REQUIREMENT,
    &install::REQUIRES_PYTHON_MISMATCH,
    &install::RESOLUTION_CONFLICT,
    &requirements::HASHED_DIRECTORY,
    &requirements::HASH_MISMATCH,
    &requirements::TOOL_VERSION_VARIABLE_EMPTY,
    &machine::GIT_MISSING,
    &network::GIT_AUTH_FAILED,
    &network::INDEX_AUTH_FAILED,
    &machine::SHARED_MEMORY_FULL,
    &machine::DISK_FULL,
    &network::NETWORK_TIMEOUT,
    &network::NETWORK_UNREACHABLE,
    &network::TLS_CA_BUNDLE,
    &machine::READ_ONLY_FILESYSTEM,
    &machine::PERMISSION_DENIED,
    &machine::MISSING_SYSTEM_BINARY,
    &machine::COMMAND_TIMED_OUT,
    &machine::OUT_OF_MEMORY,
    &machine::SEGMENTATION_FAULT,
    &machine::ILLEGAL_INSTRUCTION,
    &compile::MISSING_COMPILER,
    &compile::MISSING_RUST,
    &compile::MISSING_SYSTEM_HEADER,
    &compile::LEGACY_SETUP_PY,
    &compile::SETUPTOOLS_PKG_RESOURCES_MISSING,
    &compile::BUILD_BACKEND_CONFIG,
    &managers::INVALID_PYPROJECT,
    &managers::POETRY_LOCK_OUTDATED,
    &managers::PIPFILE_LOCK_OUTDATED,
    &managers::UV_LOCK_OUTDATED,
    &managers::PDM_LOCK_OUTDATED,
    &managers::UV_LOCK_MISSING,
    &managers::POETRY_VERSION_TOO_OLD,
    &managers::UV_VERSION_TOO_OLD,
    &managers::POETRY_OPTION_REMOVED,
    &managers::DEPENDENCY_GROUP_UNKNOWN,
    &managers::TOOL_VERSION_INCOMPATIBLE,
    &modules::MISSING_PYTHON_MODULE,
    &modules::MISSING_LOCAL_MODULE,
    &modules::RELATIVE_IMPORT_ERROR,
    &modules::MODULE_SHADOWED,
    &modules::CIRCULAR_IMPORT,
    &modules::IMPORT_NAME_ERROR,
    &modules::TEMPLATE_RESPONSE_OLD_FORM,
    &modules::DEPENDENCY_VERSION_INCOMPATIBLE,
    &modules::CLIENT_NOT_GENERATED,
    &modules::NUMPY_ABI_MISMATCH,
    &modules::MISSING_SHARED_LIBRARY,
    &modules::REMOVED_STDLIB_MODULE,
    &python::PYTHON_VERSION_TOO_OLD,
    &python::PYTHON_SYNTAX_ERROR,
    &python::ENCODING_LOCALE,
    &python::LOCALE_MISSING,
    &python::TIME_ZONE_MISSING,
    &python::ASYNCIO_EVENT_LOOP,
    &python::CODE_ERROR,
    &database::DB_UNREACHABLE,
    &database::REDIS_UNREACHABLE,
    &database::INVALID_DATABASE_URL,
    &database::DB_OBJECT_EXISTS,
    &database::BROKER_UNREACHABLE,
    &database::SERVICE_ON_LOOPBACK,
    &database::CONNECTION_REFUSED,
    &database::DB_MIGRATION_MISSING,
    &database::SQLITE_PATH_UNWRITABLE,
    &django::DJANGO_ALLOWED_HOSTS,
    &django::DJANGO_CSRF_ORIGIN,
    &django::DJANGO_CHECK_FAILED,
    &django::DJANGO_SECRET_KEY_MISSING,
    &django::DJANGO_SETTINGS_MODULE_MISSING,
    &django::COLLECTSTATIC_FAILED,
    &start::ENVIRONMENT_MISSING,
    &start::START_PROGRAM_NOT_FOUND,
    &start::WINDOWS_LINE_ENDINGS,
    &start::SHELL_SYNTAX_ERROR,
    &start::START_FILE_MISSING,
    &start::WRONG_START_MODULE,
    &start::WRONG_APP_ATTRIBUTE,
    &server::PORT_VARIABLE_NOT_EXPANDED,
    &server::WRONG_BIND_HOST,
    &server::PORT_IN_USE,
    &server::PORT_PERMISSION_DENIED,
    &server::HEALTHCHECK_FAILED,
    &server::DEVELOPMENT_SERVER,
    &server::SERVES_TLS,
    &server::HTTPS_SENT_BACK,
    &server::WORKER_TIMEOUT,
    &server::UVICORN_RELOAD_WATCH,
    &server::UVICORN_WANTS_IMPORT_STRING,
    &server::WORKER_CLASS_UNKNOWN,
    &server::WSGI_ASGI_MISMATCH,
    &server::APP_FACTORY_NOT_CALLED,
    &start::CRON_NEVER_ENDS,
    &start::PART_DIED,
    &start::PROGRAM_GAVE_UP,
    &start::PROCESS_EXITS_IMMEDIATELY,
    &platform::MISSING_ENV_VAR,
    &platform::INVALID_ENV_VAR,
    &platform::INVALID_TOKEN,
    &platform::SERVICE_REFUSES,
    &platform::DUPLICATE_BOT_INSTANCE,
    &platform::BAD_WEBHOOK,
    &platform::INTERACTIVE_INPUT,
    &platform::NO_DISPLAY,
    &database::MISSING_DATA_FILE,
    &database::MODEL_NOT_DOWNLOADED,
    &database::GIT_LFS_POINTER,
];

/// A rule by its id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id).copied()
}

#[cfg(test)]
mod tests;
