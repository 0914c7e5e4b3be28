//! Variables, tokens, terminals and screens: what the place the app runs in does or does not give.

use super::django::DJANGO_SECRET_KEY_MISSING;
use super::network::{GIT_AUTH_FAILED, INDEX_AUTH_FAILED};
use super::rule::{Rule, YieldsTo, by, decisive, hint, over_fixes_of_its_subject, said};
use super::server::PORT_VARIABLE_NOT_EXPANDED;
use crate::check;
use crate::diagnose::refine;

pub(crate) static MISSING_ENV_VAR: Rule = Rule {
    id: check::variables::MISSING.id,
    phases: &["build", "start"],
    message: "{a variable} is not set",
    about: check::variables::MISSING.about,
    help: "set {the variable} among the service's variables (and for the build, if it is read there); for a rehearsal: --env NAME=…",
    example: "KeyError: 'DATABASE_URL'",
    signatures: &[
        decisive(r"(?:Set the|Missing (?:required )?) ?(?P<s>[A-Z][A-Z0-9_]{2,}) environment variable"),
        // supervisord of its own settings.
        decisive(r"contains names \('ENV_(?P<s>\w+)'.* which cannot be expanded"),
        decisive(r"(?:Either|Neither) '?(?P<s>SQLALCHEMY_DATABASE_URI)'? n?or '?SQLALCHEMY_BINDS'? (?:must be|is) set"),
        said(r"No (?P<s>\w+) environment variable set, and so no databases setup"),
        decisive(r"(?P<s>[A-Z][A-Z0-9_]{2,}) not found\. Declare it as envvar or define a default value"),
        decisive(
            r"Environment variable (?:'|\x22|`)?(?P<s>[A-Z][A-Z0-9_]{2,})(?:'|\x22|`)?:? (?:is )?(?:not set|missing|not found|required|undefined)",
        ),
        hint(
            r#"(?i:\b(?:set|provide|define|specify|add|configure|needs?|requires?|missing|no)\b)[^A-Z\n]{0,30}(?P<s>[A-Z][A-Z0-9]*_[A-Z0-9_]+)['"`]? (?i:env\b|environment|variable|secret|in (?:your |the )?(?:\.env|environment|variables|settings))"#,
        ),
        hint(
            r#"(?i:(?:missing|required|undefined|unset|set|provide|no)\b[^'"\n]{0,60}\b(?:env(?:ironment)?[ _-]?(?:var(?:iable)?s?)?|variables?|secrets?|config(?:uration)?|settings?|keys?|tokens?)\b)[^A-Z\n]{0,40}\b(?P<s>[A-Z][A-Z0-9]*_[A-Z0-9_]+|TOKEN|PORT|API_KEY)\b"#,
        ),
        hint(
            r#"\b(?P<s>[A-Z][A-Z0-9]*_[A-Z0-9_]+|TOKEN|PORT)\b['"`]?(?i: (?:environment variable |env(?:ironment)? var(?:iable)? |variable |secret )?(?:is|was|are|must be|has)?(?: ?not|n't)? ?(?:been )?(?:set|found|defined|missing|provided|configured|specified)\b)"#,
        ),
        hint(
            r#"\b(?P<s>[A-Z][A-Z0-9]*_[A-Z0-9_]+|TOKEN|PORT)\b['"`]?(?i: (?:environment variable |env(?:ironment)? var(?:iable)? |variable |secret )?(?:is|was|are|must be|has)?(?: ?not|n't)? ?(?:been )?(?:required|empty|present|given|undefined|available|exist)\b)"#,
        ),
        hint(
            r#"\b(?P<s>[A-Z][A-Z0-9]*_[A-Z0-9_]+|TOKEN|PORT)\b['"`]?(?: не (?:найден|задан|указан|установлен|определен|настроен)| отсутствует| no (?:est(?:á|a) )?(?:definid|configurad|encontrad)| não (?:foi |está )?(?:definid|configurad|encontrad)| manquant| nicht gesetzt| ?未设置| ?未配置)"#,
        ),
        decisive(
            r"The api_key client option must be set either by passing .*setting the (?P<s>\w+) environment variable",
        ),
        decisive(r"Did not find (?P<s>\w+), please add an environment variable `\w+`"),
        decisive(
            r"(?i:set|export|define|provide) (?i:the |an? |your )?(?:env(?:ironment)? var(?:iable)? )?[`'\x22](?P<s>[A-Z][A-Z0-9]*_[A-Z0-9_]+)[`'\x22]",
        ),
        decisive(
            r"No API key provided|Could not resolve authentication method|Your default credentials were not found",
        ),
        decisive(r"DefaultCredentialsError: (?:File .* was not found|Could not automatically determine)"),
        decisive(r"NoCredentialsError|Unable to locate credentials|OpenAIError: (?:The api_key|Missing credentials)"),
        decisive(r"You must specify a region|supabase_url is required|GatedRepoError: "),
        decisive(r"(?P<s>supabase_key) is required"),
        said(r"expected token to be a str, received (?:NoneType|type None)|NoneType instead$"),
        decisive(r"It must be 'str' type, not <class 'NoneType'>|You must pass the token you received from"),
        decisive(r"Token is invalid! It must be 'str' type instead of <class 'NoneType'>"),
        decisive(r"ValueError: `token` or `bot` must be passed"),
        decisive(r"bot token (?:is )?(?:not defined|must contain)|Bot token is not defined"),
        hint(
            r"(?:token|bot_token|api_key|secret).*(?:must be|cannot be|can't be|should be|is) (?:a str(?:ing)?|set|None|empty|NoneType|provided|missing)",
        ),
        hint(r"\bKeyError\('(?P<s>[A-Z][A-Z0-9]*_[A-Z0-9_]+)'\)"),
        hint(r"^KeyError: '(?P<s>[A-Z][A-Z0-9_]{2,})'"),
        hint(
            r#"Error: .*\b(?i:env(?:ironment)?(?:[ _-]?(?:var(?:iable)?|name|key))?)[:=]? ?['"]?(?P<s>[A-Z][A-Z0-9]*_[A-Z0-9_]+)"#,
        ),
        hint(
            r#"(?i:\bplease (?:set|provide|define|configure|export|add)|(?:error|fatal|critical)\b.{0,40}\b(?:set|provide|define|configure|export)) (?i:the |a |an |your )?["'`$]*(?P<s>[A-Z][A-Z0-9]*_[A-Z0-9_]+)\b"#,
        ),
        // `${NAME:?words of the script's own}`
        said(r"^\S+: (?:line )?\d+: (?P<s>[A-Z][A-Z0-9]*_[A-Z0-9_]+): \S"),
        decisive(r": (?P<s>[A-Z][A-Z0-9_]{2,}): (?:unbound variable|parameter (?:null or )?not set)"),
    ],
    unless: &[
        "_DONT_BUILD_RUST",
        "to ignore",
        "to suppress",
        "to disable",
        "to silence",
        "to force",
        "to override",
        "to enable",
        "to change",
        "to turn",
        "sing default",
        "alling back",
        "VIRTUAL_ENV",
        "$NIXPACKS_PATH",
        "PIPENV_",
        "INFO",
        "HF_TOKEN",
        "SecretsUsedInArgOrEnv",
        "UndefinedVar",
        "variable is not set. Defaulting to a blank string",
        "optional",
        "disabled",
        "kipping",
        "'DISPLAY'",
    ],
    yields_to: YieldsTo::Rules(&[&DJANGO_SECRET_KEY_MISSING, &PORT_VARIABLE_NOT_EXPANDED]),
    refine: Some(refine::variables::gravity),
    explained_by: &[over_fixes_of_its_subject(&check::env_file::ALONE), by(&check::migration::IN_BUILD)],
    ..Rule::BLANK
};

pub(crate) static INVALID_ENV_VAR: Rule = Rule {
    id: "invalid-env-var",
    phases: &["build", "start"],
    message: "{a variable} is set to something that the code cannot read",
    about: "The variable is there, and its value is not of the form that the code wants: a list that is not JSON, a number or a boolean with other \
            characters in it, an address without its scheme. Quotes that a .env file takes off stay in a platform's variable.",
    help: "correct the value of {the variable} in the platform's variables, without quotes around it; pydantic reads a list or a dict as JSON, for \
           example [\"https://example.com\"]",
    example: "pydantic_settings.exceptions.SettingsError: error parsing value for field \"allowed_origins\" from source \"EnvSettingsSource\"",
    signatures: &[
        decisive(r#"error parsing value for field "(?P<s>\w+)" from source "#),
        decisive(r#"error parsing env var "(?P<s>\w+)""#),
        decisive(r#"Environment variable "(?P<s>\w+)" invalid"#),
        // cryptography, google-auth and PyJWT of a key that has no lines.
        said(r"ValueError: .*(?:Unable to load PEM file|Could not deserialize key data|No key could be detected)"),
        said(r"InvalidKeyError: Could not parse the provided (?:public|private) key"),
    ],
    refine: Some(refine::variables::key),
    ..Rule::BLANK
};

pub(crate) static INVALID_TOKEN: Rule = Rule {
    id: "invalid-token",
    phases: &["build", "start"],
    message: "a token or key was given and refused{}",
    about: "The service does not know the token: revoked, mistyped, with quotes or blanks around it, or of another application.",
    help: "make a new token and set it in the platform's variables, without quotes and line ends",
    example: "discord.errors.LoginFailure: Improper token has been passed.",
    signatures: &[
        decisive(r"Improper token has been passed|LoginFailure|(?:telegram\.error\.)?InvalidToken"),
        decisive(r"The token `[^`]*` was rejected|Token is invalid!|TokenValidationError|AccessTokenInvalid"),
        decisive(r"ApiIdInvalid|ApiIdInvalidError|AuthKeyUnregistered|ACCESS_TOKEN_INVALID"),
        decisive(r"TelegramUnauthorizedError|Telegram server says - Unauthorized"),
        decisive(
            r"A request to the Telegram API was unsuccessful\. Error code: (?:401|404)\. Description: (?:Unauthorized|Not Found)",
        ),
        decisive(r"telegram\.error\.(?:Unauthorized|Forbidden): (?:Unauthorized|invalid)"),
        decisive(
            r"(?:openai|anthropic|groq|cohere|mistralai|stripe|twilio|slack_sdk|tweepy|github|huggingface_hub|google)[\w.]*\.(?:AuthenticationError|Unauthorized(?:Error)?|InvalidApiKey|SlackApiError|HfHubHTTPError).*(?:401|[Uu]nauthorized|invalid|[Ii]ncorrect|invalid_auth)?",
        ),
        decisive(r"Incorrect API key provided|[Ii]nvalid (?:API|api)[ _-]?key|API key not valid|invalid x-api-key"),
        decisive(r"InvalidClientTokenId|SignatureDoesNotMatch|invalid_auth"),
        decisive(
            r"Token must (?:not )?contain (?:a colon|spaces)|TwilioRestException: HTTP 401|PrivilegedIntentsRequired|Shard ID \S+ is requesting privileged intents",
        ),
        said(r"(?i)(?:401|unauthorized).*(?:invalid|bad|expired|incorrect) (?:token|credentials|api key)"),
        said(r"(?i)(?:token|api[ _]key) (?:is )?(?:invalid|expired|revoked|incorrect)"),
        said(r"(?i)BadCredentials"),
        said(r"(?i)Bad credentials"),
        said(r"(?i)401 Unauthorized \(error code: 0\)"),
    ],
    unless: &["INFO", "HTTP/1."],
    yields_to: YieldsTo::Rules(&[&MISSING_ENV_VAR]),
    refine: Some(refine::variables::intents),
    ..Rule::BLANK
};

pub(crate) static SERVICE_REFUSES: Rule = Rule {
    id: "service-refuses",
    phases: &["build", "start"],
    message: "a service outside refuses what the app asks{}",
    about: "The service was reached and knows who asks: it does not allow that (HTTP 403), counts it over the limit (429), or wants to be paid first (402). No change of the deploy cures             that.",
    help: "see at the service what the account or key may do and how much of its quota is left",
    example: "openai.RateLimitError: Error code: 429 - {'error': {'message': 'You exceeded your current quota', 'code': 'insufficient_quota'}}",
    signatures: &[said(r"\binsufficient_quota\b|[Yy]ou exceeded your current quota")],
    unless: &["INFO"],
    ..Rule::BLANK
};

pub(crate) static DUPLICATE_BOT_INSTANCE: Rule = Rule {
    id: "duplicate-bot-instance",
    phases: &["start"],
    message: "two processes poll with one bot token",
    about: "Telegram gives updates to one poller only. The old deployment, a second replica, a second worker or a laptop is still polling.",
    help: "run one instance (one replica, one worker, no --reload) and stop the one on the laptop; remove a webhook with deleteWebhook",
    example: "telegram.error.Conflict: Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    signatures: &[
        decisive(r"terminated by other (?:getUpdates request|long poll)"),
        decisive(r"can't use getUpdates method while webhook is active|TelegramConflictError"),
        decisive(r"TerminatedByOtherGetUpdates|telegram\.error\.Conflict: |AuthKeyDuplicatedError|AUTH_KEY_DUPLICATED"),
        decisive(r"used under two different IP addresses simultaneously"),
    ],
    ..Rule::BLANK
};

/// As python-telegram-bot, aiogram and pyTelegramBotAPI hand on what Telegram's own server says of `setWebhook`.
pub(crate) static BAD_WEBHOOK: Rule = Rule {
    id: "bad-webhook",
    phases: &["start"],
    message: "Telegram refuses the address of the webhook{}",
    about: "Telegram sends updates to a public address over HTTPS alone, on port 443, 80, 88 or 8443, and looks its name up when it is told. A variable that is not set leaves a part of the \
            address out.",
    help: "give setWebhook the deploy's own public address (on Railway `https://$RAILWAY_PUBLIC_DOMAIN/…`, once a domain is made), and keep the port that the app listens on out of it",
    example: "telegram.error.BadRequest: Bad webhook: an HTTPS URL must be provided for webhook",
    signatures: &[decisive(
        r"(?i)\bbad webhook: (?:an )?https url must be|\bbad webhook: (?:webhook can be set up only on ports|failed to resolve host|ip address|getaddrinfo|invalid)|bad request: bad webhook",
    )],
    ..Rule::BLANK
};

pub(crate) static INTERACTIVE_INPUT: Rule = Rule {
    id: check::prompts::ASKS.id,
    phases: &["any"],
    message: "the program asks a question, and there is nobody to answer{}",
    about: check::prompts::ASKS.about,
    help: "take the answer from a variable or an option (`--no-input`, a session string) in place of a prompt",
    example: "EOFError: EOF when reading a line",
    signatures: &[
        said(r"\bEOF when reading a line|EOFError(?:: .*)?$|Superuser creation skipped due to not running in a TTY"),
        said(r"termios\.error: \(25|the input device is not a TTY|Inappropriate ioctl for device"),
        said(r"GetPassWarning: Can not control echo|Please enter your phone \(or bot token\)"),
        said(r"Enter phone number or bot token|(?:click\.exceptions\.)?Aborted!$|NoConsoleScreenBufferError"),
        said(r"Warning: Input is not a terminal|Abort(?:ed)?: no (?:terminal|tty)"),
    ],
    unless: &["INFO"],
    yields_to: YieldsTo::Rules(&[&INDEX_AUTH_FAILED, &GIT_AUTH_FAILED]),
    refine: Some(refine::places::own_line),
    explained_by: &[by(&check::prompts::ASKS)],
    ..Rule::BLANK
};

pub(crate) static NO_DISPLAY: Rule = Rule {
    id: check::packages::DISPLAY.id,
    phases: &["start"],
    message: "the program wants a screen, and a container has none{}",
    about: check::packages::DISPLAY.about,
    help: "run without a window (headless browser, `matplotlib.use(\"Agg\")`, opencv-python-headless), or leave {that part} out of the deploy",
    example: "_tkinter.TclError: no display name and no $DISPLAY environment variable",
    signatures: &[
        decisive(r"no display name and no \$DISPLAY|couldn't connect to display"),
        decisive(r"[Cc]an(?:not|'t) (?:connect to|open) (?:X server|X display|display)|DisplayConnectionError"),
        decisive(r"Xlib\.error\."),
        decisive(r"(?P<s>libt(?:k|cl)\S*): cannot open shared object file"),
        decisive(r"KeyError: '(?P<s>DISPLAY)'"),
        decisive(r"could not connect to display|Could not load the Qt platform plugin"),
        decisive(r"as 'headless' is currently running|no Qt platform plugin could be initialized"),
        decisive(r"Missing X server or \$DISPLAY|this platform is not supported: \('failed to acquire X connection"),
        decisive(r"pygame\.error: (?:No available video device|video system not initialized)"),
        decisive(r"Authorization required, but no authorization protocol specified"),
        decisive(r"cv2\.error: .*The function is not implemented\. Rebuild the library with Windows"),
        decisive(r"Looks like you launched a headed browser without having a XServer running"),
        decisive(r"You must use sudo to use this library on linux|ImportError: this platform is not supported"),
        decisive(r"(?:gi|Gtk).*[Cc]annot open display|No (?:X11|Wayland) (?:DISPLAY|display)"),
    ],
    ..Rule::BLANK
};
