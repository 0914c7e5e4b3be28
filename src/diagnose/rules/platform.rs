//! Variables, tokens, terminals and screens: what the place the app runs in does or does not give.

use crate::diagnose::rule::{Rule, decisive, hint, said};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "missing-env-var",
        phases: &["build", "start"],
        message: "{a variable} is not set",
        about: "The app reads an environment variable that the platform was not given. A .env file stays on the laptop, for good reason.",
        cure: "set {the variable} in the platform's variables (and for the build, if it is read there)",
        example: "KeyError: 'DATABASE_URL'",
        yields_to: &["django-secret-key-missing"],
        signs: &[
            decisive(
                r"(?:Set the|Missing (?:required )?) ?(?P<s>[A-Z][A-Z0-9_]{2,}) environment variable|(?P<s2>[A-Z][A-Z0-9_]{2,}) not found\. Declare it as envvar or define a default value|Environment variable (?:'|\x22|`)?(?P<s3>[A-Z][A-Z0-9_]{2,})(?:'|\x22|`)?:? (?:is )?(?:not set|invalid|missing|not found|required|undefined)",
            ),
            hint(
                r#"(?i:\b(?:set|provide|define|specify|add|configure|needs?|requires?|missing|no)\b)[^A-Z\n]{0,30}(?P<s>[A-Z][A-Z0-9]*_[A-Z0-9_]+)['"`]? (?i:env\b|environment|variable|secret|in (?:your |the )?(?:\.env|environment|variables|settings))"#,
            ),
            hint(
                r#"(?i:(?:missing|required|undefined|unset|set|provide|no)\b[^'"\n]{0,60}\b(?:env(?:ironment)?[ _-]?(?:var(?:iable)?s?)?|variables?|secrets?|config(?:uration)?|settings?|keys?|tokens?)\b)[^A-Z\n]{0,40}\b(?P<s>[A-Z][A-Z0-9]*_[A-Z0-9_]+|TOKEN|PORT|API_KEY)\b"#,
            ),
            hint(
                r#"\b(?P<s>[A-Z][A-Z0-9]*_[A-Z0-9_]+|TOKEN|PORT)\b['"`]?(?:(?i: (?:environment variable |env(?:ironment)? var(?:iable)? |variable |secret )?(?:is|was|are|must be|has)?(?: not|n't)? ?(?:been )?(?:set|found|defined|missing|provided|configured|specified|required|empty|present|given|undefined|available|exist)\b)| не (?:найден|задан|указан|установлен|определен|настроен)| отсутствует| no (?:est(?:á|a) )?(?:definid|configurad|encontrad)| não (?:foi |está )?(?:definid|configurad|encontrad)| manquant| nicht gesetzt| ?未设置| ?未配置)"#,
            ),
            decisive(
                r"The api_key client option must be set either by passing .*setting the (?P<s>\w+) environment variable|Did not find (?P<s2>\w+), please add an environment variable `(?P<s3>\w+)`|(?i:set|export|define|provide) (?i:the |an? |your )?(?:env(?:ironment)? var(?:iable)? )?[`'\x22](?P<s4>[A-Z][A-Z0-9]*_[A-Z0-9_]+)[`'\x22]",
            ),
            decisive(
                r"No API key provided|Could not resolve authentication method|Your default credentials were not found|DefaultCredentialsError: (?:File .* was not found|Could not automatically determine)|NoCredentialsError|Unable to locate credentials|OpenAIError: (?:The api_key|Missing credentials)|You must specify a region|supabase_url is required|(?P<s>supabase_key) is required",
            ),
            said(r"expected token to be a str, received (?:NoneType|type None)|NoneType instead$"),
            decisive(
                r"It must be 'str' type, not <class 'NoneType'>|You must pass the token you received from|bot token (?:is )?(?:not defined|must contain)|Bot token is not defined",
            ),
            hint(
                r"(?:token|bot_token|api_key|secret).*(?:must be|cannot be|can't be|should be|is) (?:a str(?:ing)?|set|None|empty|NoneType|provided|missing)",
            ),
            hint(r"^KeyError: '(?P<s>[A-Z][A-Z0-9_]{2,})'"),
            hint(
                r#"Error: .*\b(?i:env(?:ironment)?(?:[ _-]?(?:var(?:iable)?|name|key))?)[:=]? ?['"]?(?P<s>[A-Z][A-Z0-9]*_[A-Z0-9_]+)"#,
            ),
            decisive(r": (?P<s>[A-Z][A-Z0-9_]{2,}): (?:unbound variable|parameter (?:null or )?not set)"),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "invalid-token",
        phases: &["start"],
        yields_to: &["missing-env-var"],
        message: "a token or key was given and refused{}",
        about: "The service does not know the token: revoked, mistyped, with quotes or blanks around it, or of another application.",
        cure: "make a new token and set it in the platform's variables, without quotes and line ends",
        example: "discord.errors.LoginFailure: Improper token has been passed.",
        signs: &[
            decisive(
                r"Improper token has been passed|LoginFailure|(?:telegram\.error\.)?InvalidToken|The token `[^`]*` was rejected|Token is invalid!|TokenValidationError|AccessTokenInvalid|ApiIdInvalid|ApiIdInvalidError|AuthKeyUnregistered|ACCESS_TOKEN_INVALID",
            ),
            decisive(
                r"TelegramUnauthorizedError|Telegram server says - Unauthorized|A request to the Telegram API was unsuccessful\. Error code: (?:401|404)\. Description: (?:Unauthorized|Not Found)|telegram\.error\.(?:Unauthorized|Forbidden): (?:Unauthorized|invalid)",
            ),
            decisive(
                r"(?:openai|anthropic|groq|cohere|mistralai|stripe|twilio|slack_sdk|tweepy|github|huggingface_hub|google)[\w.]*\.(?:AuthenticationError|Unauthorized(?:Error)?|InvalidApiKey|SlackApiError|HfHubHTTPError).*(?:401|[Uu]nauthorized|invalid|[Ii]ncorrect|invalid_auth)?|Incorrect API key provided|[Ii]nvalid (?:API|api)[ _-]?key|API key not valid|invalid x-api-key|InvalidClientTokenId|SignatureDoesNotMatch|invalid_auth",
            ),
            decisive(
                r"Token must (?:not )?contain (?:a colon|spaces)|TwilioRestException: HTTP 401|PrivilegedIntentsRequired|Shard ID \S+ is requesting privileged intents",
            ),
            said(
                r"(?i)(?:401|unauthorized).*(?:invalid|bad|expired|incorrect) (?:token|credentials|api key)|(?:token|api[ _]key) (?:is )?(?:invalid|expired|revoked|incorrect)|BadCredentials|Bad credentials|401 Unauthorized \(error code: 0\)",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "duplicate-bot-instance",
        phases: &["start"],
        message: "two processes poll with one bot token",
        about: "Telegram gives updates to one poller only. The old deployment, a second replica, a second worker or a laptop is still polling.",
        cure: "run one instance (one replica, one worker, no --reload) and stop the one on the laptop; remove a webhook with deleteWebhook",
        example: "telegram.error.Conflict: Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
        signs: &[decisive(
            r"terminated by other (?:getUpdates request|long poll)|can't use getUpdates method while webhook is active|TelegramConflictError|TerminatedByOtherGetUpdates|telegram\.error\.Conflict: |AuthKeyDuplicatedError|AUTH_KEY_DUPLICATED|used under two different IP addresses simultaneously",
        )],
        ..Rule::BLANK
    },
    Rule {
        id: "interactive-input",
        phases: &["any"],
        message: "the program asks a question, and there is nobody to answer{}",
        about: "In a deploy standard input is empty, so input(), getpass() and login prompts end at once.",
        cure: "take the answer from a variable or an option (`--no-input`, a session string) in place of a prompt",
        example: "EOFError: EOF when reading a line",
        yields_to: &["index-auth-failed", "git-auth-failed"],
        signs: &[
            said(
                r"\bEOF when reading a line|EOFError(?:: .*)?$|Superuser creation skipped due to not running in a TTY|termios\.error: \(25|the input device is not a TTY|Inappropriate ioctl for device",
            ),
            said(
                r"GetPassWarning: Can not control echo|Please enter your phone \(or bot token\)|Enter phone number or bot token|(?:click\.exceptions\.)?Aborted!$|NoConsoleScreenBufferError|Warning: Input is not a terminal|Abort(?:ed)?: no (?:terminal|tty)",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "no-display",
        phases: &["start"],
        message: "the program wants a screen, and a container has none{}",
        about: "Windows, browsers with a head, keyboards and mice need a display server, which a deploy does not have.",
        cure: "run without a window (headless browser, `matplotlib.use(\"Agg\")`, opencv-python-headless), or leave {that part} out of the deploy",
        example: "_tkinter.TclError: no display name and no $DISPLAY environment variable",
        signs: &[
            decisive(
                r"no display name and no \$DISPLAY|couldn't connect to display|[Cc]an(?:not|'t) (?:connect to|open) (?:X server|X display|display)|DisplayConnectionError|Xlib\.error\.|KeyError: '(?P<s>DISPLAY)'|could not connect to display|Could not load the Qt platform plugin|as 'headless' is currently running|no Qt platform plugin could be initialized|Missing X server or \$DISPLAY|this platform is not supported: \('failed to acquire X connection|pygame\.error: (?:No available video device|video system not initialized)|Authorization required, but no authorization protocol specified|cv2\.error: .*The function is not implemented\. Rebuild the library with Windows",
            ),
            decisive(
                r"Looks like you launched a headed browser without having a XServer running|You must use sudo to use this library on linux|ImportError: this platform is not supported|(?:gi|Gtk).*[Cc]annot open display|No (?:X11|Wayland) (?:DISPLAY|display)",
            ),
        ],
        ..Rule::BLANK
    },
];
