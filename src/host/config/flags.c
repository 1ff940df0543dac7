/* The options as flags of a command line; see host/config_flags.h. */
#include "host/config_flags.h"

#include "table.h"

const struct option_info config_flags[] = {
#define X(section, key, flag, value, kind, field, least, most, fallback, live, help) \
    {(flag), 0, (value), (help), KIND_##kind == KIND_ADDRESS || KIND_##kind == KIND_NETWORKS},
    OPTIONS(X)
#undef X
        {NULL, 0, NULL, NULL, false}};

RESULT config_flags_apply(const struct arguments *arguments, struct config *config, struct reason *reason)
{
    struct config changed = *config;
    if (argument_given(arguments, "address"))
        changed.address_count = 0;
    if (argument_given(arguments, "machines-networks"))
        changed.networks.count = 0;
    for (const struct config_option *option = config_options; option->section != NULL; option++) {
        const char *value = NULL;
        for (size_t n = 0; (value = argument_value_at(arguments, option->flag, n)) != NULL; n++) {
            const struct result state = config_set(&changed, option, value, reason);
            if (!is_ok(state))
                return reason_within(reason, state, "--%.32s: ", option->flag);
        }
    }
    *config = changed;
    return RESULT_OK;
}
