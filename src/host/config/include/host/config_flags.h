/* The configuration (host/config.h) as flags of a command line. */
#ifndef HOST_CONFIG_FLAGS_H
#define HOST_CONFIG_FLAGS_H

#include "host/config.h"
#include "terminal/options.h"

/* The options as flags of `avald serve`, without --data, which every command has. Ends with a name of NULL. */
extern const struct option_info config_flags[];

/* Sets what the flags say. Addresses and networks replace those of the file. CONFIG_BAD_VALUE, with the flag in the
 * reason; then `config` is unchanged. */
RESULT config_flags_apply(const struct arguments *arguments, struct config *config, struct reason *reason);

#endif
