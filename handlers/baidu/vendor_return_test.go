package baidu

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
)

func TestTheReturnIsAHintAndNoMore(t *testing.T) {
	v := newDouble().vendor(t, nil)
	parse := func(carrier handlers.Carrier, method, query string) (handlers.Notice, error) {
		return v.Parse(handlers.Callback{Carrier: carrier, Method: method, RawQuery: query, Body: []byte("data=x&sign=y")})
	}
	for query, status := range map[string]string{
		"session=S&o=s": StatusSuccessURL, "session=S&o=f": StatusFailedURL, "session=S": "", "": "",
		"session=S&o=s&token=x&appended=1&o2=%E6%B5%8B": StatusSuccessURL, "session=S&o=s&o=f": "", "o=passed": "", "status=success&passed=true": "",
	} {
		notice, err := parse(handlers.CarrierReturn, http.MethodGet, query)
		require.NoError(t, err, "cases 73 to 77: %s", query)
		assert.False(t, notice.Authentic)
		assert.Equal(t, handlers.Notice{Status: status}, notice)
		assert.Equal(t, handlers.Pending, v.Judge(notice, handlers.Session{}).Verdict)
	}
	_, err := parse(handlers.CarrierReturn, http.MethodGet, "session=%zz")
	assert.Equal(t, handlers.CodeMalformed, handlers.CodeOf(err), "case 77")
	_, err = parse(handlers.CarrierReturn, http.MethodPost, "")
	assert.Equal(t, handlers.CodeMethodNotAllowed, handlers.CodeOf(err))
	_, err = parse(handlers.CarrierNotify, http.MethodPost, "")
	assert.Equal(t, handlers.CodeMethodNotAllowed, handlers.CodeOf(err), "the vendor notifies nobody")
}

func FuzzParse(f *testing.F) {
	f.Add("GET", "session=S&o=s", true)
	f.Add("POST", "%zz;", false)
	v := newDouble().vendor(f, nil)
	f.Fuzz(func(t *testing.T, method, query string, back bool) {
		cb := handlers.Callback{Carrier: handlers.CarrierNotify, Method: method, RawQuery: query}
		if back {
			cb.Carrier = handlers.CarrierReturn
		}
		if notice, err := v.Parse(cb); err == nil && notice.Authentic {
			t.Fatal("a browser is not the vendor")
		}
	})
}
