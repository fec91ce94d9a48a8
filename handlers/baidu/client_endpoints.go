package baidu

// DefaultBaseURL serves the access token and every server API.
const DefaultBaseURL = "https://aip.baidubce.com"

// endpointOAuth stands below the base URL.
const endpointOAuth = "oauth/2.0/token"

// apiPath is where the scheme's server APIs are, below the base URL.
const apiPath = "/rpc/2.0/brain/solution/faceprint/"

// The endpoints below apiPath.
const (
	endpointGenerate = "verifyToken/generate"
	endpointSubmit   = "idcard/submit"
	endpointUpload   = "uploadMatchImage"
	endpointSimple   = "result/simple"
	endpointDetail   = "result/detail"
	endpointStat     = "result/stat"
	endpointMedia    = "result/media/query"
	endpointAll      = "result/getall"
)
