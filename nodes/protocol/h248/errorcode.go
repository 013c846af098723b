package h248

// ErrorCode is the number in an Error descriptor.
type ErrorCode uint16

// The error codes that this package or its users answer with; ErrorCodes has all that we know.
const (
	ErrBadRequest            ErrorCode = 400
	ErrProtocol              ErrorCode = 401
	ErrUnauthorized          ErrorCode = 402
	ErrTransactionSyntax     ErrorCode = 403
	ErrVersion               ErrorCode = 406
	ErrIdentifier            ErrorCode = 410
	ErrUnknownContext        ErrorCode = 411
	ErrNoContexts            ErrorCode = 412
	ErrTooManyTransactions   ErrorCode = 413
	ErrUnknownAction         ErrorCode = 421
	ErrActionSyntax          ErrorCode = 422
	ErrUnknownTermination    ErrorCode = 430
	ErrNoWildcardMatch       ErrorCode = 431
	ErrNoTerminations        ErrorCode = 432
	ErrTerminationInContext  ErrorCode = 433
	ErrTooManyTerminations   ErrorCode = 434
	ErrTerminationNotHere    ErrorCode = 435
	ErrUnknownPackage        ErrorCode = 440
	ErrMissingLocalRemote    ErrorCode = 441
	ErrCommandSyntax         ErrorCode = 442
	ErrUnknownCommand        ErrorCode = 443
	ErrUnknownDescriptor     ErrorCode = 444
	ErrUnknownProperty       ErrorCode = 445
	ErrUnknownParameter      ErrorCode = 446
	ErrDescriptorNotLegal    ErrorCode = 447
	ErrDescriptorTwice       ErrorCode = 448
	ErrUnknownValue          ErrorCode = 449
	ErrNoSuchProperty        ErrorCode = 450
	ErrNoSuchEvent           ErrorCode = 451
	ErrNoSuchSignal          ErrorCode = 452
	ErrNoSuchStatistic       ErrorCode = 453
	ErrNoSuchParameter       ErrorCode = 454
	ErrPropertyNotLegal      ErrorCode = 455
	ErrPropertyTwice         ErrorCode = 456
	ErrMissingParameter      ErrorCode = 457
	ErrUnexpectedEvent       ErrorCode = 458
	ErrSegmentsMissing       ErrorCode = 459
	ErrInternal              ErrorCode = 500
	ErrNotImplemented        ErrorCode = 501
	ErrNotReady              ErrorCode = 502
	ErrServiceUnavailable    ErrorCode = 503
	ErrUnauthorizedEntity    ErrorCode = 504
	ErrBeforeServiceChange   ErrorCode = 505
	ErrTooManyPendings       ErrorCode = 506
	ErrInsufficientResources ErrorCode = 510
	ErrCannotDetect          ErrorCode = 512
	ErrCannotSignal          ErrorCode = 513
	ErrUnsupportedMedia      ErrorCode = 515
	ErrUnsupportedMode       ErrorCode = 517
	ErrNoDigitMap            ErrorCode = 520
	ErrServiceChanging       ErrorCode = 521
	ErrInsufficientBandwidth ErrorCode = 526
	ErrAuditedMissing        ErrorCode = 532
	ErrReplyTooLarge         ErrorCode = 533
	ErrReadOnly              ErrorCode = 534
	ErrDoesNotExist          ErrorCode = 581
)

// CodeText is a numbered reason with its words.
type CodeText struct {
	Code ErrorCode
	Text string
}

// ErrorCodes lists the error codes in ascending order, in our own words.
var ErrorCodes = []CodeText{
	{400, "Bad request"},
	{401, "Protocol error"},
	{402, "Unauthorized"},
	{403, "Syntax error in transaction request"},
	{406, "Version not supported"},
	{410, "Incorrect identifier"},
	{411, "Unknown ContextID"},
	{412, "No ContextIDs available"},
	{413, "Too many transactions in message"},
	{421, "Unknown action or illegal combination of actions"},
	{422, "Syntax error in action"},
	{430, "Unknown TerminationID"},
	{431, "No TerminationID matched a wildcard"},
	{432, "Out of TerminationIDs"},
	{433, "TerminationID is already in a context"},
	{434, "Too many terminations in context"},
	{435, "TerminationID is not in the given context"},
	{440, "Unsupported or unknown package"},
	{441, "Missing Remote or Local descriptor"},
	{442, "Syntax error in command"},
	{443, "Unsupported or unknown command"},
	{444, "Unsupported or unknown descriptor"},
	{445, "Unsupported or unknown property"},
	{446, "Unsupported or unknown parameter"},
	{447, "Descriptor not legal in this command"},
	{448, "Descriptor appears twice in a command"},
	{449, "Unsupported or unknown parameter or property value"},
	{450, "No such property in this package"},
	{451, "No such event in this package"},
	{452, "No such signal in this package"},
	{453, "No such statistic in this package"},
	{454, "No such parameter value in this package"},
	{455, "Property illegal in this descriptor"},
	{456, "Property appears twice in a descriptor"},
	{457, "Missing parameter in signal or event"},
	{458, "Unexpected event or RequestID"},
	{459, "Segments not received"},
	{460, "Statistic cannot be set on a stream"},
	{471, "Implied Add for multiplex failure"},
	{500, "Internal software failure"},
	{501, "Not implemented"},
	{502, "Not ready"},
	{503, "Service unavailable"},
	{504, "Command received from unauthorized entity"},
	{505, "Transaction request received before a ServiceChange reply"},
	{506, "Number of TransactionPendings exceeded"},
	{510, "Insufficient resources"},
	{512, "Not equipped to detect requested event"},
	{513, "Not equipped to generate requested signal"},
	{514, "Cannot send the specified announcement"},
	{515, "Unsupported media type"},
	{517, "Unsupported or invalid mode"},
	{518, "Event buffer full"},
	{519, "No space for digit map"},
	{520, "No digit map"},
	{521, "Termination is service changing"},
	{522, "Functionality in topology triple not supported"},
	{526, "Insufficient bandwidth"},
	{529, "Internal hardware failure"},
	{530, "Temporary network failure"},
	{531, "Permanent network failure"},
	{532, "Audited item does not exist"},
	{533, "Response exceeds maximum transport PDU size"},
	{534, "Illegal write of read-only property"},
	{540, "Unexpected initial hook state"},
	{542, "Command not allowed on this termination"},
	{581, "Does not exist"},
}

// ServiceChangeReasons lists the reasons of a ServiceChange in ascending order.
var ServiceChangeReasons = []CodeText{
	{900, "Service Restored"},
	{901, "Cold Boot"},
	{902, "Warm Boot"},
	{903, "MGC Directed Change"},
	{904, "Termination Malfunctioning"},
	{905, "Termination Taken out of Service"},
	{906, "Loss of Lower Layer Connectivity"},
	{907, "Transmission Failure"},
	{908, "MG Impending Failure"},
	{909, "MGC Impending Failure"},
	{910, "Media Capability Failure"},
	{911, "Modem Capability Failure"},
	{912, "Mux Capability Failure"},
	{913, "Signal Capability Failure"},
	{914, "Event Capability Failure"},
	{915, "State Loss"},
	{916, "Packages Change"},
	{917, "Capabilities Change"},
	{918, "Cancel Graceful"},
	{919, "Warm Failover"},
	{920, "Cold Failover"},
}

// Text returns the words of an error code, or "" for one we do not know.
func (c ErrorCode) Text() string { return codeText(ErrorCodes, c) }

// ReasonText returns a ServiceChange reason as the Services descriptor has it: "901 Cold Boot".
func ReasonText(code ErrorCode) string {
	return codeDigits(code) + " " + codeText(ServiceChangeReasons, code)
}

// Describe makes the Error descriptor of a code, with the words of the table and what they are about.
func Describe(code ErrorCode, about string) *ErrorDescriptor {
	text := code.Text()
	if about != "" {
		text += ": " + about
	}
	return &ErrorDescriptor{Code: code, Text: text}
}

// Error lets a descriptor be used as an error value.
func (e *ErrorDescriptor) Error() string { return "H.248 error " + codeDigits(e.Code) + ": " + e.Text }

func codeText(table []CodeText, c ErrorCode) string {
	for i := range table {
		if table[i].Code == c {
			return table[i].Text
		}
	}
	return ""
}

func codeDigits(c ErrorCode) string { return string(appendUint(nil, uint64(c))) }
