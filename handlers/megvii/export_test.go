package megvii

import "github.com/facegate/facegate/handlers"

// KitCode is what the kit hears about a failed call.
func KitCode(err error) handlers.Code { return kitError(err).Code }
