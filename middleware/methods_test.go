package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/middleware"
)

func TestMethods(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		methods []string
		method  string
		status  int
		allow   string
	}{
		{"a named method goes through", []string{"GET", "POST"}, "POST", 200, ""},
		{"another one is refused and Allow keeps the given order", []string{"POST", "GET"}, "PUT", 405, "POST, GET"},
		{"GET does not imply HEAD", []string{"GET"}, "HEAD", 405, "GET"},
		{"HEAD goes through when named", []string{"GET", "HEAD"}, "HEAD", 200, ""},
		{"OPTIONS is a method like any other", []string{"GET"}, "OPTIONS", 405, "GET"},
		{"names are case-sensitive", []string{"POST"}, "post", 405, "POST"},
		{"no names refuse everything", nil, "GET", 405, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Method = c.method
			middleware.Guard{}.Methods(c.methods...)(echo).ServeHTTP(w, r)
			assert.Equal(t, c.status, w.Code)
			assert.Equal(t, c.allow, w.Header().Get("Allow"))
			assert.Equal(t, c.status == 405, w.Header().Values("Allow") != nil, "Allow belongs to 405")
		})
	}
}

func TestMethodsKeepsItsOwnListOfNames(t *testing.T) {
	t.Parallel()
	names := []string{"POST"}
	wrap := middleware.Guard{}.Methods(names...)
	names[0] = "DELETE"
	w := httptest.NewRecorder()
	wrap(echo).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
	assert.Equal(t, 200, w.Code)
}

func TestCase18AnswersOverTheWireAre405WithAllow(t *testing.T) {
	t.Parallel()
	server, _ := serve(t, middleware.Guard{}.Methods("POST")(never(t)))
	for _, method := range []string{"GET", "PUT", "HEAD", "OPTIONS"} {
		t.Run("case 18: "+method, func(t *testing.T) {
			t.Parallel()
			c := dial(t, server)
			c.send(method+" / HTTP/1.1", "Host: x", "", "")
			res, body := c.answer(method)
			require.Equal(t, 405, res.StatusCode)
			assert.Equal(t, "POST", res.Header.Get("Allow"))
			assert.Equal(t, method == "HEAD", body == "")
		})
	}
}

func TestCase32TheNextRequestOnTheConnectionIsUnaffectedByARefusal(t *testing.T) {
	t.Parallel()
	guard := middleware.Guard{}
	server, _ := serve(t, guard.Methods("POST")(guard.PlainBody(guard.MaxBody(8)(echo))))
	for _, c := range []struct {
		name    string
		refused []string
		status  int
	}{
		{"case 32: 405 with a body that nobody reads", []string{"PUT / HTTP/1.1", "Host: x", "Content-Length: 4", "", "junk"}, 405},
		{"case 32: 405 with a chunked body that looks like a request", []string{"PUT / HTTP/1.1", "Host: x", "Transfer-Encoding: chunked", "", "10", "GET /?HTTP/1.1\r\n", "0", "", ""}, 405},
		{"case 32: 415 with a body that nobody reads", []string{"POST / HTTP/1.1", "Host: x", "Content-Encoding: br", "Content-Length: 4", "", "junk"}, 415},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conn := dial(t, server)
			conn.send(c.refused...)
			conn.send("POST / HTTP/1.1", "Host: x", "Content-Length: 4", "", "next")
			res, _ := conn.answer("PUT")
			require.Equal(t, c.status, res.StatusCode)
			res, body := conn.answer("POST")
			require.Equal(t, 200, res.StatusCode)
			assert.Equal(t, "next", body)
		})
	}
}
