package megvii

import (
	"net/url"
	"strings"

	"github.com/facegate/facegate/handlers"
)

// maxReturnQuery is the longest query of a GET return in bytes: our own
// parameters, a biz_id, and room.
const maxReturnQuery = 4 << 10

// parseHint reads the query of a GET return, which carries biz_id and nothing
// signed. The vendor puts it anywhere among the parameters of return_url, with its
// comma plain or escaped. It must be there exactly once: anybody can put another
// in front.
func parseHint(rawQuery string) (handlers.Notice, error) {
	bad := &handlers.Error{Code: handlers.CodeMalformed, Reason: ReasonBadBizID}
	if len(rawQuery) > maxReturnQuery {
		return handlers.Notice{}, bad
	}
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return handlers.Notice{}, bad
	}
	for name := range query {
		if name != paramBizID && strings.HasPrefix(strings.ToLower(name), paramBizID) {
			return handlers.Notice{}, bad
		}
	}
	ids := query[paramBizID]
	if len(ids) != 1 || len(ids[0]) > maxID || !tokenLike(ids[0]) {
		return handlers.Notice{}, bad
	}
	return handlers.Notice{Ref: handlers.Hide(ids[0])}, nil
}
