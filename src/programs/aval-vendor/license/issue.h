/* Signing a license, whichever command made it up. For one thread. */
#ifndef PROGRAMS_AVAL_VENDOR_LICENSE_ISSUE_H
#define PROGRAMS_AVAL_VENDOR_LICENSE_ISSUE_H

#include "command.h"

/* From when until when, by --from (otherwise `from`), --until and --for. USAGE. */
RESULT take_dates(struct command *command, seconds from, struct license *license);

/* Gives the license its id and its date of issue, signs it, records it, writes it to --output and says what it grants,
 * as JSON with --json. LICENSE_REVOKED where the key of one of its hosts is; otherwise as the parts of command.h. */
RESULT license_issue(struct command *command, struct license *license);

#endif
